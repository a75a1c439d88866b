import argparse

from cli.errors import OK, CommandError
from cli.logs import component_logs, follow_files, last_lines, stream_events
from cli.services import chosen_service
from cli.world import World

SUMMARY = "Print a log: of the machine, one of its components, the newest build, or a function"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", default="machine", help="machine (default), node, build, function, or a component's name"
    )
    parser.add_argument("name", nargs="?", help="for function: its name; for build: the project")
    parser.add_argument("--lines", metavar="N", type=int, default=100, help="the last N lines (default: 100)")
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")
    parser.add_argument("--service", metavar="NAME", help="whose build, when there are several")


def run(arguments: argparse.Namespace, world: World) -> int:
    if arguments.what == "build":
        project = arguments.name or f"{chosen_service(world, arguments.service)}-build"
        stream_events(world, f"/aws/codebuild/{project}", arguments.lines, arguments.follow)
    elif arguments.what == "function":
        if not arguments.name:
            raise CommandError("which function?", "aws lambda list-functions --query 'Functions[].FunctionName'")
        stream_events(world, f"/aws/lambda/{arguments.name}", arguments.lines, arguments.follow)
    else:
        files = component_logs(world.home, arguments.what)
        for line in last_lines(files, arguments.lines):
            world.console.say(line)
        if arguments.follow:
            follow_files(world, files)
    return OK
