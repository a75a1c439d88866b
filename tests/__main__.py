"""`python -m tests`: everything that `make test` checks, one part after the other, with the time that each took.

Every part runs even when an earlier one failed, so that one run tells all; the exit code is 1 when any failed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from local.settings import cache_root

CHECKOUT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# What mypy has learned of CDK holds for every clone: it looks at what a file says, not at where it is.
ENVIRON = {**os.environ, "MYPY_CACHE_DIR": str(cache_root(os.environ) / "mypy")}
PARTS: dict[str, list[str]] = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports"],
    "unit": ["pytest", "-q", "tests/unit"],
    "sample": ["pytest", "-q", "app", "--ignore=app/smoke_test.py"],
    "examples": ["pytest", "-q", "--durations=5", "tests/examples"],
    "machine and end to end": ["pytest", "-q", "--durations=20", "tests/machine"],
}


def main() -> int:
    results = [(name, *timed(argv)) for name, argv in PARTS.items()]
    print(
        "\n"
        + "\n".join(f"{seconds:7.1f} s  {'ok  ' if code == 0 else 'FAIL'}  {name}" for name, code, seconds in results)
    )
    return int(any(code for _, code, _ in results))


def timed(argv: list[str]) -> tuple[int, float]:
    """The exit code and the seconds of one part, its output shown as it comes."""
    print(f"\n== {' '.join(argv)}", flush=True)
    began = time.monotonic()
    code = subprocess.run([str(BIN / argv[0]), *argv[1:]], cwd=CHECKOUT, env=ENVIRON, check=False).returncode
    return code, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
