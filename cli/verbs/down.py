import argparse

from cli.errors import BUG, OK, CommandError
from cli.machine import log_tail
from cli.stopping import shut_down
from cli.world import World

SUMMARY = "Stop all of this machine; what it holds is kept for the next up"

STUCK_LINES = 80  # of the log of a machine that did not end by itself: where each of its threads stood


def configure(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace, world: World) -> int:
    del arguments
    stop(world)
    return OK


def stop(world: World) -> None:
    from local.toolchain import debian_packages_installed

    with world.console.step("stopping") as step:
        stopped = shut_down(world)
        step.result = "was not running" if not stopped.was_running else "had to be killed" if stopped.forced else ""
    if stopped.forced:
        world.console.say(f"What it did meanwhile:{log_tail(world.home, STUCK_LINES)}")
    if stopped.left:
        raise CommandError(
            f"something is left: {', '.join(stopped.left)}", "report this; `shipline logs machine` says why", BUG
        )
    world.console.say("Nothing of it is left: no process, no mount, no listener.")
    packages = debian_packages_installed(world.environ)
    if packages:
        world.console.say(f"Debian packages that stay: {' '.join(packages)}")
