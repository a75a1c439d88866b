"""kubectl: server-side apply, and the same with an ApplySet, which is how it prunes."""

from bench.engine.cluster import Place
from bench.engine.peers.programs import KUBECTL
from bench.engine.tool import Argv, Tool
from bench.engine.workload import Files

APPLY = ("apply", "--server-side", "--force-conflicts")
VERSION = ("version", "--client")


def deploy(place: Place, files: Files) -> Argv:
    return [KUBECTL, *APPLY, "-n", place.namespace, "-f", files.manifests]


def deploy_set(place: Place, files: Files) -> Argv:
    return [KUBECTL, *APPLY, "--prune", "--applyset=bench", "-n", place.namespace, "-f", files.manifests]


PLAIN = Tool("kubectl", KUBECTL, VERSION, deploy, f"`kubectl {' '.join(APPLY)}`")
APPLYSET = Tool(
    "kubectl --prune",
    KUBECTL,
    VERSION,
    deploy_set,
    f"`kubectl {' '.join(APPLY)} --prune --applyset=…`",
    environ={"KUBECTL_APPLYSET": "true"},
)
