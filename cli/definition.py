"""pipeline.yaml as the commands need it: read by `pipeline.config`, whose problems end the command together."""

from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import CommandError

if TYPE_CHECKING:
    from pipeline.config import Service

FILE = "pipeline.yaml"


def load_service(folder: Path, file: str = FILE) -> "Service":
    """The service of a folder; CommandError (2) lists every mistake with its line."""
    if not (folder / file).is_file():
        remedy = "name the service's folder, or have one written: shipline init"
        raise CommandError(f"there is no {file} in {folder.resolve()}", remedy)
    from pipeline.config import InvalidDefinition, load  # a third of a second: only where a definition is read

    try:
        return load(folder, file)
    except InvalidDefinition as error:
        raise CommandError(str(error)) from error


def name_here(folder: Path) -> str | None:
    """The name of the service in this folder; None where there is no definition."""
    return load_service(folder).name if (folder / FILE).is_file() else None
