"""`python -m bench.fuzz_yaml`: random files, read by our reader and by kubectl; they must agree, or both refuse."""

import argparse
import itertools
import os
import sys
import time

from bench.fuzz_documents import Documents
from bench.fuzz_kubectl import differences
from local.settings import cache_root

BATCH = 250
SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_yaml", description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000, help="how many files are read (100000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other files (1)")
    arguments = parser.parse_args()
    began, found = time.monotonic(), 0
    source = Documents(arguments.seed)
    for done in range(0, arguments.documents, BATCH):
        files = [source.file() for _ in range(min(BATCH, arguments.documents - done))]
        for difference in itertools.islice(differences(kubectl(), files), SHOWN):
            found += 1
            print(difference, flush=True)
        if found >= SHOWN:
            break
    seconds = time.monotonic() - began
    count = min(done + BATCH, arguments.documents)
    print(f"{count} documents, {found} differences, {count / seconds:.0f} documents a second, seed {arguments.seed}")
    return int(found > 0)


def kubectl() -> str:
    """The layer's."""
    return str(cache_root(os.environ) / "tools" / "layer" / "kubectl" / "kubectl")


if __name__ == "__main__":
    sys.exit(main())
