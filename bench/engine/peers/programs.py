"""Where the programs are: the layer's helm and kubectl, the kapp that `make bench` builds, our own command."""

import os
import sys
from pathlib import Path

from local.settings import cache_root

_BIN = cache_root(os.environ) / "tools" / "bin"

HELM = _BIN / "helm"
KAPP = _BIN / "kapp"
KUBECTL = _BIN / "kubectl"
SHIPLINE = Path(sys.executable).parent / "shipline"
