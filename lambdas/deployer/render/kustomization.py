"""What a kustomization reaches, looked through before kustomize starts: nothing is fetched, executed or outside.

Kustomize reads its keys without regard to case, takes a path for a repository before it looks for a folder, and loads
every file by http where its path is a URL. So every path must be a file or folder of the artifact, and look like one.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deployer.errors import Fatal
from deployer.render.plain import read_text
from deployer.yaml.reader import read

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
DEEPEST = 16
_REMOTE = re.compile(
    r"[a-z][a-z0-9+.-]*:|[^/]*@|(?:[\w.-]+\.)?(?:github|gitlab|bitbucket|dev\.azure|visualstudio|amazonaws)\.[a-z]+[/:]"
    r"|.*(?:\?|//|_git/|\.git(?:/|\Z))",
    re.I,
)
_CHART = "deliver the chart by itself (`chart:` in pipeline.yaml)"
_PROGRAMS = "they may run programs"
_REFUSED = {
    "helmcharts": _CHART,
    "helmchartinflationgenerator": _CHART,
    "helmglobals": _CHART,
    "generators": _PROGRAMS,
    "transformers": _PROGRAMS,
    "validators": _PROGRAMS,
}
_LISTS = ("resources", "bases", "components", "crds", "configurations", "patchesstrategicmerge")
_PATHS = ("patches", "patchesjson6902", "replacements")
_GENERATORS = ("configmapgenerator", "secretgenerator")


def sources(folder: Path, root: Path, depth: int = 0) -> Iterator[Path]:
    """Every YAML file that the kustomization reaches, itself first; Fatal for what is refused."""
    found = [path for path in (root / name for name in NAMES) if path.is_file()]
    name = str(root.relative_to(folder))
    if len(found) != 1:
        raise _bad(name, f"{len(found)} of {', '.join(NAMES)} in it: one is needed")
    if depth > DEEPEST:
        raise _bad(name, f"bases nested deeper than {DEEPEST}, or one that leads to itself")
    yield found[0]
    for document in read(read_text(found[0], name), str(found[0].relative_to(folder))):
        content = _lower(document.value)
        for key in document.value if isinstance(document.value, dict) else ():
            if key.lower() in _REFUSED and document.value[key]:
                raise _bad(name, f"`{key}` is refused: {_REFUSED[key.lower()]}")
        for reference in _references(content):
            yield from _follow(folder, root, reference, name, depth)
        for reference in _data(content):
            _inside(folder, root, reference, name)  # data: it holds no image reference


def _follow(folder: Path, root: Path, reference: str, name: str, depth: int) -> Iterator[Path]:
    path = _inside(folder, root, reference, name)
    if path.is_dir():
        yield from sources(folder, path, depth + 1)
    elif path.suffix in (".yaml", ".yml", ".json"):
        yield path


def _inside(folder: Path, root: Path, reference: str, name: str) -> Path:
    """Where a path of the kustomization leads: into the artifact, and to something that is there."""
    if _REMOTE.match(reference):
        raise Fatal(
            f"remote base {reference!r} is refused: what is delivered must be in the artifact.",
            subject=name,
            remedy="Copy it into the repository.",
            kind="ConfigurationError",
        )
    path = (root / reference).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise _bad(name, f"{reference!r} is outside the artifact")
    if not path.exists():
        raise _bad(name, f"{reference!r} is not in the artifact")
    return folder / path.relative_to(folder.resolve())


def _lower(value: Any) -> dict[str, Any]:
    """A mapping with the keys that kustomize sees; empty for anything else."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, dict) else {}


def _items(content: dict[str, Any], key: str) -> list[Any]:
    found = content.get(key)
    return found if isinstance(found, list) else []


def _references(content: dict[str, Any]) -> Iterator[str]:
    """Files and folders that hold objects, patches or schemas."""
    for key in _LISTS:
        yield from (item for item in _items(content, key) if isinstance(item, str) and "\n" not in item)
    for item in (*(item for key in _PATHS for item in _items(content, key)), content.get("openapi")):
        path = _lower(item).get("path")
        if isinstance(path, str) and path:
            yield path


def _data(content: dict[str, Any]) -> Iterator[str]:
    """Files whose content goes into generated objects: PATH or KEY=PATH."""
    for generator in (_lower(item) for key in _GENERATORS for item in _items(content, key)):
        for item in _items(generator, "files"):
            yield str(item).partition("=")[2] or str(item)
        yield from (str(item) for item in (*_items(generator, "envs"), generator.get("env")) if item)


def _bad(name: str, reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject=name, kind="ConfigurationError")
