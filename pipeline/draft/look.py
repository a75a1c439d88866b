"""What a folder holds that a delivery is made of. Pure but for reading; links are not followed."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.kinds import SLUG
from pipeline.config.resolve import KUSTOMIZATIONS

# What tools bring along, and is nobody's own: never looked into.
SKIPPED = frozenset({"node_modules", "vendor", "venv", "target", "dist", "build", "cdk.out", "__pycache__", "testdata"})
DEEPEST = 6  # folders below the service's own
LARGEST = 1_000_000  # bytes of a YAML file that is looked into
# The order in which releases usually pass them; what is not here comes before production, as it was found.
ORDER = ("dev", "development", "test", "testing", "qa", "int", "integration", "uat", "stage", "staging", "preprod")
LAST = ("prod", "production", "live")
USUAL = ("overlays", "environments", "envs")  # folders of overlays

_OBJECT = re.compile(r"^apiVersion:.*\S", re.MULTILINE)
_KIND = re.compile(r"^kind:.*\S", re.MULTILINE)
_IMAGE = re.compile(r"^\s*(?:- )?image:\s*[\"']?(?P<image>[^\s\"'{}#]+)[\"']?\s*(?:#.*)?$", re.MULTILINE)
_LIBRARY = re.compile(r"^type:\s*[\"']?library", re.MULTILINE)


@dataclass(frozen=True)
class Dockerfile:
    context: str
    file: str = "Dockerfile"  # seen from the context

    @property
    def path(self) -> str:
        return self.file if self.context == "." else f"{self.context}/{self.file}"


@dataclass(frozen=True)
class Overlays:
    """Kustomizations beside one another, one for each environment."""

    folder: str
    names: tuple[str, ...]

    @property
    def homes(self) -> tuple[str, ...]:
        """Where they and their bases are: the folder itself, and what is beside one of the usual names."""
        parent, _, name = self.folder.rpartition("/")
        return (self.folder, parent) if parent and name in USUAL else (self.folder,)


@dataclass(frozen=True)
class Chart:
    folder: str
    environments: tuple[str, ...]  # those that have a values file of their own
    values: str  # its path, `{environment}` in the place of the name; empty: there is none


@dataclass(frozen=True)
class Found:
    """All paths are relative to the folder, and in order."""

    dockerfiles: tuple[Dockerfile, ...]
    charts: tuple[Chart, ...]
    overlays: tuple[Overlays, ...]
    kustomizations: tuple[str, ...]  # those that no overlay is made of
    manifests: tuple[str, ...]  # folders of plain ones
    images: tuple[tuple[str, str], ...]  # file, image as it is named there

    @property
    def environments(self) -> tuple[str, ...]:
        """The names that overlays and values files tell of, in the order in which a release would pass them."""
        named = [name for each in self.overlays for name in each.names]
        named += [name for chart in self.charts for name in chart.environments]
        return tuple(sorted(dict.fromkeys(named), key=_rank))


def look(folder: Path) -> Found:
    files = sorted(_files(folder))
    charts = _charts(folder, files)
    roots = [chart.folder for chart in charts]
    plain = [path for path in files if not any(_below(path, root) for root in roots)]
    kustomized = sorted({_parent(path) for path in plain if path.rpartition("/")[2] in KUSTOMIZATIONS})
    overlays = _overlays(kustomized)
    layered = [home for each in overlays for home in each.homes]
    objects = [path for path in plain if path.endswith((".yaml", ".yml")) and _is_object(folder / path)]
    alone = [path for path in objects if not any(_below(path, root) for root in kustomized)]
    return Found(
        dockerfiles=tuple(_dockerfiles(files)),
        charts=tuple(charts),
        overlays=tuple(overlays),
        kustomizations=tuple(
            _outermost(root for root in kustomized if not any(_below(root, home) for home in layered))
        ),
        manifests=tuple(_outermost(_parent(path) for path in alone)),
        images=tuple(pair for path in objects for pair in _images(folder, path)),
    )


def _files(folder: Path) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        here = Path(at).relative_to(folder)
        deep = len(here.parts) >= DEEPEST
        folders[:] = [] if deep else [name for name in folders if name not in SKIPPED and name[0] != "."]
        yield from ((here / name).as_posix() for name in names if not (Path(at) / name).is_symlink())


def _dockerfiles(files: list[str]) -> Iterator[Dockerfile]:
    for path in files:
        context, _, name = path.rpartition("/")
        if name == "Dockerfile" or (name.startswith("Dockerfile.") and not name.endswith((".md", ".dockerignore"))):
            yield Dockerfile(context or ".", name)


def _charts(folder: Path, files: list[str]) -> list[Chart]:
    """Not those inside of charts, and not those that are only there to be used by others."""
    made = [_parent(path) for path in files if path.rpartition("/")[2] == "Chart.yaml"]
    whole = [root for root in _outermost(made) if not _LIBRARY.search(_read(folder / root / "Chart.yaml"))]
    return [_chart(root, files) for root in whole]


def _chart(root: str, files: list[str]) -> Chart:
    """Values of one environment: `values-dev.yaml` or `values.dev.yaml` in the chart or in a folder `values` beside."""
    for pattern in (
        "{}/values-{}.yaml",
        "{}/values.{}.yaml",
        "{}/values/{}.yaml",
        "values-{1}.yaml",
        "values/{1}.yaml",
    ):
        shape = re.compile(re.escape(pattern.format(root, "\0")).replace("\0", r"(?P<name>[a-z0-9][a-z0-9-]*)"))
        names = [found["name"] for path in files if (found := shape.fullmatch(path))]
        if names:
            return Chart(root, tuple(names), pattern.format(root, "{environment}"))
    return Chart(root, (), "")


def _overlays(kustomized: list[str]) -> list[Overlays]:
    """Kustomizations in a folder `overlays` or `environments`, or beside a `base`."""
    beside: dict[str, list[str]] = {}
    for root in kustomized:
        parent, _, name = root.rpartition("/")
        if parent:
            beside.setdefault(parent, []).extend([name] if re.fullmatch(SLUG, name) else [])
    return [
        Overlays(parent, tuple(name for name in names if name != "base"))
        for parent, names in beside.items()
        if (parent.rpartition("/")[2] in USUAL or "base" in names) and any(name != "base" for name in names)
    ]


def _outermost(folders: "Iterator[str] | list[str]") -> list[str]:
    kept: list[str] = []
    for each in sorted(set(folders)):
        if not any(_below(each, root) for root in kept):
            kept.append(each)
    return kept


def _images(folder: Path, path: str) -> Iterator[tuple[str, str]]:
    for found in _IMAGE.finditer(_read(folder / path)):
        yield path, found["image"]


def _is_object(path: Path) -> bool:
    text = _read(path)
    return bool(_OBJECT.search(text) and _KIND.search(text)) and path.name not in KUSTOMIZATIONS


def _read(path: Path) -> str:
    """Empty for what cannot be read: then it is not what is looked for."""
    try:
        return path.read_text() if path.stat().st_size <= LARGEST else ""
    except (OSError, UnicodeError):
        return ""


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _below(path: str, root: str) -> bool:
    return root == "." or path == root or path.startswith(f"{root}/")


def _rank(name: str) -> tuple[int, int]:
    if name in LAST:
        return 2, LAST.index(name)
    return (0, ORDER.index(name)) if name in ORDER else (1, 0)
