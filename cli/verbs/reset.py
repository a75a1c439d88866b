import argparse
import shutil

from cli.errors import OK, CommandError
from cli.verbs.down import stop
from cli.world import World

SUMMARY = "Stop this machine and forget all that it holds; tools and caches stay"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace, world: World) -> int:
    home = world.home
    world.console.say(f"This removes {home.root}:")
    world.console.say(
        "  the AWS account (stacks, pipelines, images, secrets, history), the git repositories with their"
    )
    world.console.say("  commits (also demo/shop), the cluster with all that runs in it, and the logs.")
    if not arguments.yes and not agreed(world):
        raise CommandError("nothing was removed", "say yes, or give --yes")
    stop(world)
    with world.console.step("removing"):
        shutil.rmtree(home.root)
    return OK


def agreed(world: World) -> bool:
    try:
        return world.can_ask and world.ask("Remove all of it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
