"""kapp: an app of the same manifests."""

from bench.engine.cluster import Place
from bench.engine.peers.programs import KAPP
from bench.engine.tool import Argv, Tool
from bench.engine.workload import Files


def deploy(place: Place, files: Files) -> Argv:
    return [KAPP, "deploy", "-a", "bench", "-n", place.namespace, "-f", files.manifests, "--yes", "--wait=false"]


PLAIN = Tool("kapp", KAPP, ("version",), deploy, "`kapp deploy --yes --wait=false`")
