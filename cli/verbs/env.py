import argparse

from cli.environment import exports, shell_lines
from cli.errors import OK
from cli.options import add_output
from cli.world import World

SUMMARY = 'Print the variables that point a shell at this machine: eval "$(shipline env)"'


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account", metavar="ID", type=account, help="another one than the machine's own: any 12 digits"
    )
    parser.add_argument("--region", metavar="REGION", help="another one than the machine's own")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    variables = exports(world.home, world.environ, arguments.account, arguments.region)
    if arguments.output == "json":
        world.console.data(variables)
    else:
        for line in shell_lines(variables):
            world.console.say(line)
    return OK


def account(text: str) -> str:
    if len(text) != 12 or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no account; write twelve digits")
    return text
