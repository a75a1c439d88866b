"""`python -m local`: the machine, in the foreground. `shipline up` starts it in the background."""

import sys

from local.daemon import main

if __name__ == "__main__":
    sys.exit(main())
