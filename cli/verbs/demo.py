import argparse
import time

from cli.demo import run_demo
from cli.errors import OK
from cli.world import World

SUMMARY = "The whole story on this machine: AWS and Kubernetes come up, a git push goes to prod"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="give the approval without asking")


def run(arguments: argparse.Namespace, world: World) -> int:
    run_demo(world, approve=True if arguments.yes else None, clock=time.monotonic)
    return OK
