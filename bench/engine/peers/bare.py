"""No tool at all: the same objects as concurrent PATCHes, 32 connections, nothing read, planned or recorded."""

from bench.engine.cluster import Place
from bench.engine.native import program
from bench.engine.tool import Argv, Tool
from bench.engine.workload import Files
from tests.support.controlplane import TOKEN

NAME = "bare PATCHes"


def deploy(place: Place, files: Files) -> Argv:
    server, ca = place.environ["BENCH_SERVER"], place.environ["BENCH_CA"]
    return [program(), "bare", "-server", server, "-ca", ca, "-token", TOKEN, "-file", files.bare]


def tool() -> Tool:
    return Tool(NAME, program(), (), deploy, "a Go program: 32 connections, an apply PATCH per object")
