import argparse
from pathlib import Path

from cli.definition import load_service
from cli.errors import OK
from cli.world import World

SUMMARY = "Check pipeline.yaml: every mistake at once, each with its line"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="the service's folder (default: this one)")


def run(arguments: argparse.Namespace, world: World) -> int:
    service = load_service(arguments.folder)
    names = ", ".join(target.name for target in service.environments)
    world.console.say(f"pipeline.yaml is right: {service.name} → {names}")
    return OK
