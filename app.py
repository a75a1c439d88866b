"""The CDK app: the service in this folder, or the one that `cdk -c service=PATH` names."""

import sys
from pathlib import Path

from pipeline.main import main

sys.exit(main(Path(__file__).resolve().parent))
