"""Our own command, as a user calls it."""

from bench.engine.cluster import Place
from bench.engine.peers.programs import SHIPLINE
from bench.engine.tool import Argv, Tool
from bench.engine.workload import Files

NAME = "shipline"


def deploy(place: Place, files: Files) -> Argv:
    return [SHIPLINE, "deploy", "--name", "bench", "--namespace", place.namespace, "-f", files.manifests]


def rollback(place: Place) -> Argv:
    return [SHIPLINE, "rollback", "--name", "bench", "--namespace", place.namespace]


OURS = Tool(NAME, SHIPLINE, ("--help",), deploy, "`shipline deploy`, `shipline rollback`", rollback)
