"""`python -m local`: the machine, in the foreground. `shipline up` starts it in the background."""

import os
import sys

from local.daemon import main

if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # All is stopped and on disk. Taking the interpreter's objects apart one by one would take two seconds more.
    os._exit(status)
