"""Paths on the command line -> the artifact: what is delivered, copied into a folder of its own.

The deployer writes digests into what it is given, so it never gets the user's own files; and nothing that was not named
is in the artifact, so nothing else can be delivered.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.errors import CommandError
from deployer.target import Source
from deployer.values import dataclass, field

if TYPE_CHECKING:
    from cli.engine.place import Place

MANIFESTS = (".yaml", ".yml", ".json")
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
STDIN = "stdin.yaml"
SCHEME = "oci://"


@dataclass(frozen=True)
class Bundle:
    """The deliveries, and what they are made of: path in the artifact -> the file or folder of the user."""

    deliveries: tuple[Source, ...]
    files: Mapping[str, Path]
    texts: Mapping[str, bytes] = field(default_factory=dict)

    def copy(self, folder: Path) -> None:
        """CommandError (2) for a link: what is delivered must be what is seen."""
        for name, path in self.files.items():
            _copy(path, folder / name)
        for name, text in self.texts.items():
            (folder / name).write_bytes(text)


def of_options(name: str, filenames: list[str], kustomize: list[str], chart: str | None, values: list[str]) -> Bundle:
    """What -f, -k, --chart and --values name."""
    if values and not chart:
        raise CommandError("--values goes with a chart", "add --chart CHART")
    texts = {STDIN: sys.stdin.buffer.read()} if "-" in filenames else {}
    plain = [_there(path) for path in filenames if path != "-"]
    overlays = [_there(path) for path in kustomize]
    packed = [chart] if chart and chart.startswith(SCHEME) else []
    charts = [_there(path) for path in ([chart] if chart and not packed else [])]
    options = [_there(path) for path in values]
    reached = [*plain, *charts, *options, *(file for overlay in overlays for file in reach(overlay))]
    root = _root([*reached, *overlays])
    at = {path: path.relative_to(root).as_posix() for path in [*reached, *overlays]}
    deliveries = [Source("manifests", STDIN)] if texts else []
    deliveries += [Source("manifests", at[path]) for path in plain]
    deliveries += [Source("kustomize", at[path]) for path in overlays]
    where = [*packed, *(at[path] for path in charts)]
    deliveries += [Source("helm", path, name, tuple(at[each] for each in options)) for path in where]
    if not deliveries:
        raise CommandError("nothing to deliver was named", "use -f PATH, -k FOLDER or --chart CHART")
    return Bundle(tuple(deliveries), {at[path]: path for path in reached}, texts)


def of_definition(place: "Place") -> Bundle:
    """What pipeline.yaml's deliveries are made of, as the pipeline's own build packs it."""
    from pipeline.config.service import ChartDelivery, KustomizeDelivery

    service = place.definition
    assert service is not None
    (target,) = [each for each in service.parts if each.label == place.label]
    deliveries = [
        Source("helm", item.chart, item.release, tuple(item.values), item.images)
        if isinstance(item, ChartDelivery)
        else Source("kustomize" if isinstance(item, KustomizeDelivery) else "manifests", item.path)
        for item in target.deliveries
    ]
    return Bundle(tuple(deliveries), {path: service.folder / path for path in service.carried})


def reach(overlay: Path) -> list[Path]:
    """The files that a kustomization is made of: itself, and all that it names, above and below."""
    found: list[Path] = []
    seen: set[Path] = set()
    todo = [overlay]
    while todo:
        folder = todo.pop()
        if folder in seen:
            continue
        seen.add(folder)
        files = [folder / name for name in KUSTOMIZATIONS if (folder / name).is_file()]
        if not files and folder == overlay:
            raise CommandError(f"{overlay} has no kustomization.yaml", "use -f for plain manifests")
        found += files
        for text in (text for file in files for text in _strings(file)):
            named = _normal(folder / text.rpartition("=")[2])
            if named.is_dir():
                todo.append(named)
            elif named.is_file():
                found.append(named)
    return list(dict.fromkeys(found))


def _strings(file: Path) -> Iterator[str]:
    """Everything in a kustomization that may be a relative path; what is none names no file, and is left out."""
    import yaml

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            if value and "\n" not in value and len(value) < 1_000 and "://" not in value and value[0] != "/":
                yield value
        elif isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from walk(each)

    try:
        documents = list(yaml.load_all(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError:
        return  # the deployer reads it, too, and says where it is wrong
    yield from walk(documents)


def _there(text: str) -> Path:
    path = _normal(Path(text))
    if not path.exists():
        raise CommandError(f"{text}: there is no such file or folder", "correct the path")
    return path


def _normal(path: Path) -> Path:
    """Absolute, without `..`; links stay what they are."""
    return Path(os.path.normpath(path.absolute()))


def _root(paths: list[Path]) -> Path:
    """The folder that names in messages start from: this one, unless something lies outside or is all of it."""
    here = Path.cwd()
    if not paths:
        return here
    if all(path.is_relative_to(here) and path != here for path in paths):
        return here
    return Path(os.path.commonpath([path.parent for path in paths]))


def _copy(path: Path, to: Path) -> None:
    if path.is_symlink():
        raise CommandError(f"{path} is a link", "deliver what it leads to")
    if not path.is_dir():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        return
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if entry.name != ".git":
            _copy(Path(entry.path), to / entry.name)
