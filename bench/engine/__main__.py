"""`python -m bench.engine`, which is `python -m bench engine`."""

import sys

from bench.engine.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
