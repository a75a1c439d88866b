"""Plain manifests: every YAML file of a folder, in the order of its path, or one file."""

from pathlib import Path

from deployer.artifact import inside
from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.render import Rendered, Surroundings, Tools
from deployer.render.documents import split
from deployer.target import Source

SUFFIXES = (".yaml", ".yml", ".json")


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    root = inside(folder, source.path)
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES)
    if not files:
        raise Fatal(f"no manifest ({', '.join(SUFFIXES)}) in it.", subject=source.path, kind="ConfigurationError")
    found = []
    for path in files:
        name = str(path.relative_to(folder))
        found += split(_bumped(read_text(path, name), images, name), name)
    return Rendered(source, documents=tuple(found))


def _bumped(text: str, images: Images, name: str) -> str:
    if not images:
        return text
    from deployer.bump import manifests  # and YAML's reader with it

    return manifests.bump(text, images, name)


def read_text(path: Path, name: str) -> str:
    """A source file as it is, line ends included."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Fatal(f"not UTF-8: {error}.", subject=name, kind="ConfigurationError") from error
