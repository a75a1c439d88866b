"""The node: a real one-node Kubernetes in a sandbox of its own.

`pki` (certificates, once) → `files` (kubeconfigs and configuration, pure text) → `plan` (the sandbox's steps, pure)
→ `node` (starts the sandbox, waits until the node is Ready, tells what it costs).
"""

from local.context import Context, Part


def install(context: Context) -> Part:
    from local.kubernetes.node import Node  # loads cryptography: only who runs a node needs it

    return Node(context.home)
