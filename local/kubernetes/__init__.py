"""The node: a real one-node Kubernetes in a sandbox of its own.

`pki` (certificates, once) → `files` (kubeconfigs and configuration, pure text) → `plan` (the sandbox's steps, pure)
→ `node` (starts the sandbox, waits until the node is Ready, tells what it costs).
"""

from local.context import Launched
from local.settings import Home


def create(home: Home) -> Launched:
    """It needs nothing of the other rooms, so that it can be launched before they are even loaded."""
    from local.kubernetes.node import Node  # loads cryptography: only who runs a node needs it

    return Node(home)
