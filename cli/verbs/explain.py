import argparse
from pathlib import Path

from cli.definition import load_service
from cli.errors import OK
from cli.world import World

SUMMARY = "Say what pipeline.yaml means, with every default that it leaves to us"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="the service's folder (default: this one)")


def run(arguments: argparse.Namespace, world: World) -> int:
    from pipeline.config import explain

    for line in explain(load_service(arguments.folder)):
        world.console.say(line)
    return OK
