import argparse

from cli.engine.options import add_place
from cli.world import World

SUMMARY = "Let releases into a held environment again"
DETAILS = f"""{SUMMARY}.

A pipeline's release that was stopped goes on with `shipline retry`; the next one goes through by itself.

  shipline lift --env prod"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.errors import plainly
    from cli.engine.holding import lift

    with plainly():
        return lift(arguments, world)
