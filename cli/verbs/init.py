import argparse
from pathlib import Path

from cli.definition import FILE, load_service
from cli.errors import OK, CommandError
from cli.world import World

SUMMARY = "Write a pipeline.yaml for the service in a folder, from what is there"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="the service's folder (default: this one)")
    parser.add_argument("--name", help="the service's name (default: the repository's, or the folder's)")
    parser.add_argument(
        "--connection", default="", metavar="ARN", help="the CodeConnections connection to its git host"
    )
    parser.add_argument("--force", action="store_true", help=f"write over the {FILE} that is there")
    parser.add_argument("--print", action="store_true", help="show it, and write nothing")


def run(arguments: argparse.Namespace, world: World) -> int:
    from pipeline import draft

    folder = arguments.folder
    if not folder.is_dir():
        raise CommandError(f"there is no folder {folder}", "name the service's folder")
    if (folder / FILE).exists() and not (arguments.force or arguments.print):
        raise CommandError(f"there is a {FILE} in {folder.resolve()} already", "--force writes over it, --print shows")
    found, where = draft.look(folder), draft.origin(folder)
    name = draft.slug(arguments.name or (where.name if where else folder.resolve().name))
    text = draft.text(folder, name, found, where, arguments.connection)
    if arguments.print:
        world.console.say(text.rstrip())
        return OK
    keep(folder, text)
    world.console.say(f"written: {folder / FILE}\n")
    world.console.say(text)
    for note in draft.notes(name, found, where, arguments.connection):
        world.console.say(f"still to do: {note}")
    world.console.say(f"next: shipline explain {folder}  ·  shipline up --service {folder}")
    return OK


def keep(folder: Path, text: str) -> None:
    """Write the definition where it is right; CommandError (2) with every mistake, and nothing written, where not."""
    trial = folder / f".{FILE}.new"
    trial.write_text(text)
    try:
        load_service(folder, trial.name)
        trial.replace(folder / FILE)
    except CommandError as error:
        told = str(error).replace(trial.name, f"the {FILE} to be")
        raise CommandError(
            f"{told}\n{text}", "nothing was written; --print shows it, to be completed by hand"
        ) from error
    finally:
        trial.unlink(missing_ok=True)
