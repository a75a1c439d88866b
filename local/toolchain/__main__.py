"""`python -m local.toolchain [tests] [bench]`: install what is missing, say what and for how long; else be quiet.

With `tests` or `bench` also what only those use.
"""

import os
import sys
import threading

from local.settings import cache_root
from local.toolchain.installation import install
from local.toolchain.machine import problems
from local.toolchain.tool import InstallFailed, Site

_printing = threading.Lock()


def say(line: str) -> None:
    with _printing:
        sys.stdout.write(f"install: {line}\n")
        sys.stdout.flush()


def main() -> int:
    """Exit codes: 0 all is there, 1 an installation failed, 2 this machine cannot run the node."""
    if found := problems():
        sys.stderr.write("This machine cannot run Kubernetes here. What is missing:\n")
        sys.stderr.writelines(f"  - {each}\n" for each in found)
        return 2
    try:
        install(Site(cache_root(os.environ), dict(os.environ), say), sys.argv[1:])
    except InstallFailed as error:
        sys.stderr.write(f"install: {error}\ninstall: run it again: what is done stays done\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
