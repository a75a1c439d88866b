"""helm: the same manifests as the templates of a chart."""

from bench.engine.cluster import Place
from bench.engine.peers.programs import HELM
from bench.engine.tool import Argv, Tool
from bench.engine.workload import Files

VERSION = ("version", "--template={{.Version}}")


def deploy(place: Place, files: Files) -> Argv:
    return [HELM, "upgrade", "--install", "bench", files.chart, "-n", place.namespace]


def deploy_and_wait(place: Place, files: Files) -> Argv:
    return [*deploy(place, files), "--wait=legacy", "--timeout=120s"]


def rollback(place: Place) -> Argv:
    """To the release before the last one."""
    return [HELM, "rollback", "bench", "-n", place.namespace]


PLAIN = Tool("helm", HELM, VERSION, deploy, "`helm upgrade --install`, `helm rollback`", rollback)
WAITING = Tool("helm --wait=legacy", HELM, VERSION, deploy_and_wait, "`helm upgrade --install --wait=legacy`")
