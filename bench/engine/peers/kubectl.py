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


def deploy_and_wait(place: Place, files: Files) -> Argv:
    """Apply, then ask for the rollout of one Deployment after the other, the way that kubectl's help shows."""
    names = f"$({KUBECTL} get deployments -n {place.namespace} -o name)"
    return _script(
        deploy(place, files),
        f"for each in {names}; do {KUBECTL} rollout status $each -n {place.namespace} --timeout=120s; done",
    )


def deploy_and_wait_for_all(place: Place, files: Files) -> Argv:
    """Apply, then ask for the rollouts of all Deployments in one process; its help does not show this."""
    return _script(deploy(place, files), f"{KUBECTL} rollout status deployment -n {place.namespace} --timeout=120s")


def _script(first: Argv, then: str) -> Argv:
    return ["/bin/sh", "-ec", f"{' '.join(map(str, first))}\n{then}"]


PLAIN = Tool("kubectl", KUBECTL, VERSION, deploy, f"`kubectl {' '.join(APPLY)}`")
APPLYSET = Tool(
    "kubectl --prune",
    KUBECTL,
    VERSION,
    deploy_set,
    f"`kubectl {' '.join(APPLY)} --prune --applyset=…`",
    environ={"KUBECTL_APPLYSET": "true"},
)
WAITING = Tool(
    "kubectl rollout status",
    KUBECTL,
    VERSION,
    deploy_and_wait,
    "`kubectl apply`, then `kubectl rollout status` of each Deployment",
)
WAITING_FOR_ALL = Tool(
    "kubectl rollout status deployment",
    KUBECTL,
    VERSION,
    deploy_and_wait_for_all,
    "`kubectl apply`, then one `kubectl rollout status deployment` for all",
)
