"""Our own command, as a user calls it."""

import json

from bench.engine.cluster import Place
from bench.engine.peers.programs import SHIPLINE
from bench.engine.tool import Argv, Tool
from bench.engine.workload import Files

NAME = "shipline"
WAITS = ("wait", "settle")  # the stages that do nothing but wait for the controllers and the pods


def deploy(place: Place, files: Files) -> Argv:
    return [SHIPLINE, "deploy", *_where(place), "-f", files.manifests, "--output", "json"]


def rollback(place: Place) -> Argv:
    return [SHIPLINE, "rollback", *_where(place), "--output", "json"]


def lift(place: Place) -> Argv:
    """What a rollback holds goes on."""
    return [SHIPLINE, "lift", *_where(place)]


def waited(output: str) -> float:
    """Of a release's seconds those that went by until everything was healthy; the other tools do not wait."""
    if "\n{\n" not in output:  # another verb than those that release
        return 0.0
    told = json.loads(output[output.index("\n{\n") :].rpartition("}\n")[0] + "}")
    return float(sum(told["stages"].get(stage, 0.0) for stage in WAITS))


def _where(place: Place) -> list[str]:
    return ["--name", "bench", "--namespace", place.namespace]


OURS = Tool(NAME, SHIPLINE, ("--help",), deploy, "`shipline deploy`, `shipline rollback`", rollback, waited=waited)
