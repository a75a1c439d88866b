import argparse

from cli.approvals import configure_answer, give_answer
from cli.world import World

SUMMARY = "Turn the waiting release away from the next environment"


def configure(parser: argparse.ArgumentParser) -> None:
    configure_answer(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    return give_answer(world, arguments, approve=False)
