"""`python3 tools.zip STEP`: one step of buildspec/build.yaml. Python 3.9 or later, standard library only."""

import os
import sys

from shipline_build.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
