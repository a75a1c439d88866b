"""`python -m tests.fuzz.parsers --seconds N`: atheris, guided by coverage, against all that reads an artifact's bytes.

Whatever the bytes are, the answer is a value or a Fatal whose text can be shown; no input takes more than 2 s or
256 MB beyond what the process has. The first byte chooses the parser. Exit code 0 when nothing was found.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SLOWEST = 2  # seconds
MOST_MEMORY = 256  # MB of one allocation
MOST_RESIDENT = 512  # MB: the interpreter, the modules and libFuzzer's tables are about half of it
LONGEST = 4096  # bytes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.parsers", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long it tries (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (1); 0 takes another one each time")
    parser.add_argument("--target", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.target:
        return fuzz(Path(arguments.target), arguments.seconds, arguments.seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        argv = [sys.executable, "-m", "tests.fuzz.parsers", "--seconds", str(arguments.seconds), "--target", folder]
        # libFuzzer ends its process itself, and leaves what it found in the working directory.
        return subprocess.run([*argv, "--seed", str(arguments.seed)], check=False).returncode


def fuzz(folder: Path, seconds: int, seed: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["deployer"]):
        from tests.fuzz.target import PARSERS, seeds, try_one
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds()):
        (corpus / f"{number:03}").write_bytes(data)
    options = {
        "max_total_time": seconds,
        "timeout": SLOWEST,
        "malloc_limit_mb": MOST_MEMORY,
        "rss_limit_mb": MOST_RESIDENT,
        "max_len": LONGEST,
        "seed": seed or os.getpid(),
        "verbosity": 0,
        "print_final_stats": 1,
        "artifact_prefix": f"{tempfile.gettempdir()}/shipline-",
    }
    print(f"{len(PARSERS)} parsers, {seconds} s", flush=True)
    atheris.Setup([sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], try_one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
