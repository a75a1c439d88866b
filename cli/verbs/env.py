import argparse

from cli.environment import exports, shell_lines
from cli.errors import OK
from cli.options import add_output
from cli.world import World

SUMMARY = 'Print the variables that point a shell at this machine: eval "$(shipline env)"'


def configure(parser: argparse.ArgumentParser) -> None:
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    variables = exports(world.home, world.environ)
    if arguments.output == "json":
        world.console.data(variables)
    else:
        for line in shell_lines(variables):
            world.console.say(line)
    return OK
