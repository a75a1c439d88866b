"""`python -m pipeline`: the CDK app of the service in the current folder."""

import sys
from pathlib import Path

from pipeline.main import main

sys.exit(main(Path.cwd()))
