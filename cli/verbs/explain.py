import argparse
from pathlib import Path

from cli.definition import load_service
from cli.errors import OK, CommandError
from cli.world import World

SUMMARY = "Say what pipeline.yaml means with every default that it leaves to us, or what one key means"


def configure(parser: argparse.ArgumentParser) -> None:
    told = "the service's folder (default: this one), or a key, such as environments.approve.expires"
    parser.add_argument("what", nargs="?", default=".", help=told)


def run(arguments: argparse.Namespace, world: World) -> int:
    folder = Path(arguments.what)
    for line in _service(folder) if folder.is_dir() or "/" in arguments.what else _key(arguments.what):
        world.console.say(line)
    return OK


def _service(folder: Path) -> list[str]:
    from pipeline.config import explain

    return explain(load_service(folder))


def _key(path: str) -> list[str]:
    from pipeline.config.reference import UnknownKey, reference

    try:
        return reference(path)
    except UnknownKey as error:
        meant = f"did you mean `{error.near[0]}`? " if error.near else ""
        known = f"there are {', '.join(error.known)}" if error.known else "it takes no keys"
        raise CommandError(str(error), f"{meant}{known}") from error
