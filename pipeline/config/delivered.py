"""The files in which the objects of a delivery are written, before anything is rendered."""

from collections.abc import Iterator
from pathlib import Path as Folder

import yaml

from pipeline.config.kinds import OCI
from pipeline.config.resolve import KUSTOMIZATIONS
from pipeline.config.service import ChartDelivery, DeliveryItem, KustomizeDelivery, ManifestsDelivery

LARGEST = 4_000_000  # bytes of a file that is looked into


def delivered(folder: Folder, item: DeliveryItem) -> Iterator[str]:
    """Where a delivery's objects are written, relative to the service's folder."""
    match item:
        case KustomizeDelivery(path):
            yield from _kustomized(folder, (folder / path).resolve(), set())
        case ManifestsDelivery(path):
            root = folder / path
            found = [root] if root.is_file() else root.rglob("*")
            yield from (file.relative_to(folder).as_posix() for file in found if file.suffix in (".yaml", ".yml"))
        case ChartDelivery(chart) if not chart.startswith(OCI):
            found = (folder / chart / "templates").rglob("*")
            yield from (file.relative_to(folder).as_posix() for file in found if file.suffix in (".yaml", ".yml"))


def _kustomized(folder: Folder, root: Folder, seen: set[Folder]) -> Iterator[str]:
    """A kustomization and what it names, through its bases; what is broken there is the build's to say."""
    if root in seen or not root.is_relative_to(folder.resolve()):
        return
    seen.add(root)
    if root.is_file():
        yield root.relative_to(folder.resolve()).as_posix()
        return
    for name in KUSTOMIZATIONS:
        if (root / name).is_file():
            yield (root / name).relative_to(folder.resolve()).as_posix()
            for path in _named(root / name):
                yield from _kustomized(folder, (root / path).resolve(), seen)


def _named(file: Folder) -> list[str]:
    try:
        told = yaml.safe_load(file.read_text())
    except (OSError, UnicodeError, yaml.YAMLError):
        return []
    lists = [told.get(key) or [] for key in ("resources", "bases", "components")] if isinstance(told, dict) else []
    named = [path for each in lists if isinstance(each, list) for path in each]
    return [path for path in named if isinstance(path, str) and "://" not in path]
