"""`python -m tests`: everything that `make test` checks, one part after the other, with the time that each took.

Every part runs even when an earlier one failed, so that one run tells all; the exit code is 1 when any failed.
"""

import os
import subprocess
import sys
import tempfile
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
    "unit": ["pytest", "-q", "tests/unit", "--ignore=tests/unit/deployer"],
    "sample": ["pytest", "-q", "app", "--ignore=app/smoke_test.py"],
    "machine and end to end": ["pytest", "-q", "--durations=20", "tests/machine"],
}

# Beside the one of that name: half of its time it waits. What it says is shown when both have ended.
BESIDE: dict[str, tuple[str, list[str]]] = {
    "unit": ("unit, the deployer's", ["pytest", "-q", "tests/unit/deployer"]),
}


def main() -> int:
    results = [result for name, argv in PARTS.items() for result in part(name, argv)]
    print(
        "\n"
        + "\n".join(f"{seconds:7.1f} s  {'ok  ' if code == 0 else 'FAIL'}  {name}" for name, code, seconds in results)
    )
    return int(any(code for _, code, _ in results))


def part(name: str, argv: list[str]) -> list[tuple[str, int, float]]:
    """A part, and what runs beside it: name, exit code and seconds of each."""
    if name not in BESIDE:
        return [(name, *timed(argv))]
    other, words = BESIDE[name]
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        beside = subprocess.Popen(command(words), cwd=CHECKOUT, env=ENVIRON, stdout=said, stderr=subprocess.STDOUT)
        first = (name, *timed(argv))
        code = beside.wait()
        took = time.monotonic() - began
        said.seek(0)
        print(f"\n== {' '.join(words)}\n{said.read()}", flush=True)
    return [first, (other, code, took)]


def command(argv: list[str]) -> list[str]:
    return [str(BIN / argv[0]), *argv[1:]]


def timed(argv: list[str]) -> tuple[int, float]:
    """The exit code and the seconds of one part, its output shown as it comes."""
    print(f"\n== {' '.join(argv)}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command(argv), cwd=CHECKOUT, env=ENVIRON, check=False).returncode
    return code, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
