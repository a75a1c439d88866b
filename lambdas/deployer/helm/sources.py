"""A chart's own files, looked through before helm starts: nothing leads out of it, everything is vendored."""

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from deployer.artifact import refuse_links
from deployer.charts import archive
from deployer.errors import Fatal
from deployer.helm.dependencies import check as check_dependencies
from deployer.objects import Object
from deployer.render.documents import objects
from deployer.values import dataclass
from deployer.yaml.reader import read

DEEPEST = 8  # charts within charts
_CRD = re.compile(r"(?:^|/)crds/.+\.(?:ya?ml|json)\Z", re.I)
_LOOKUP = re.compile(r"\{\{[^}]*\blookup\b")
_HAS = re.compile(r"\.Has\s+\(?\s*[\"`]([^\"`]+)[\"`]")


@dataclass(frozen=True)
class File:
    path: str  # in the artifact; of a packed chart: ARCHIVE.tgz/PATH
    chart: str  # the path of the chart that it is in
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode(errors="replace")

    @property
    def inner(self) -> str:
        """Where it is in its chart."""
        return self.path.removeprefix(f"{self.chart}/")


@dataclass(frozen=True)
class Sources:
    """All files of a chart and of its vendored dependencies."""

    root: str
    files: tuple[File, ...]

    @classmethod
    def read(cls, folder: Path, root: Path) -> "Sources":
        """Fatal for a chart that cannot be delivered: see the module."""
        name = str(root.relative_to(folder))
        refuse_links(folder)
        _refuse_hard_links(folder, root)
        if not (root / "Chart.yaml").is_file():
            raise Fatal("no Chart.yaml in it.", subject=name, kind="ConfigurationError")
        found = cls(name, tuple(_files(folder, root)))
        found._check()
        return found

    def definitions(self) -> tuple[Object, ...]:
        """The objects of every crds/."""
        return tuple(item for file in self.files if _CRD.match(file.inner) for item in objects(file.text, file.path))

    def asks(self, served: Collection[str], values: Iterable[str] = ()) -> bool:
        """Whether rendering needs the cluster's own answers: by `lookup`, or for an API that helm itself knows.

        helm counts every version of Kubernetes' own groups that it was built with as served, also those of long ago.
        """
        mine = (file.text for file in self.files if file.inner.startswith("templates/") or file.inner == "values.yaml")
        return any(
            _LOOKUP.search(text) or any(_is_builtin(asked) and asked not in served for asked in _HAS.findall(text))
            for text in (*mine, *values)
        )

    def _check(self) -> None:
        charts = {file.chart: _mapping(file) for file in self.files if file.inner == "Chart.yaml"}
        if charts[self.root].get("type") == "library":
            raise Fatal(
                "it is a library chart: it holds templates for other charts, and installs nothing.",
                subject=self.root,
                remedy="Deliver a chart of type `application` that has it as a dependency.",
                kind="ConfigurationError",
            )
        for chart, metadata in charts.items():
            inside = {path: data for path, data in charts.items() if _parent(path) == chart}
            vendored = {str(data.get("name")): str(data.get("version")) for data in inside.values()}
            mine = {file.inner: _mapping(file) for file in self.files if file.chart == chart and file.inner in _LISTS}
            check_dependencies(chart, metadata, mine, vendored, needed=chart == self.root)


_LISTS = ("Chart.lock", "requirements.yaml", "requirements.lock")


def _parent(chart: str) -> str:
    return chart.rpartition("/charts/")[0]


def _files(folder: Path, root: Path) -> Iterator[File]:
    names = [str(path.relative_to(folder)) for path in sorted(root.rglob("*")) if path.is_file()]
    within = {name.rpartition("/")[0] for name in names if name.endswith("/Chart.yaml")}
    top = str(root.relative_to(folder))
    for name in names:
        data = (folder / name).read_bytes()
        yield from _expanded(name, _chart_of(name, within, top), data, 0)


def _chart_of(name: str, charts: Collection[str], top: str) -> str:
    """The innermost chart that a file is in: a Chart.yaml counts only below `charts/`."""
    best = top
    for chart in charts:
        if name.startswith(f"{chart}/") and len(chart) > len(best) and _parent(chart) in ({top} | set(charts)):
            best = chart
    return best


def _expanded(path: str, chart: str, data: bytes, depth: int) -> Iterator[File]:
    """The file; what is in it, when it is a packed dependency."""
    inner = path.removeprefix(f"{chart}/")
    if not (inner.startswith("charts/") and inner.count("/") == 1 and inner.endswith(".tgz")):
        yield File(path, chart, data)
        return
    if depth > DEEPEST:
        raise Fatal(f"more than {DEEPEST} charts within each other.", subject=path, kind="ConfigurationError")
    packed = [(f"{path}/{name}", content) for name, content in archive.files(data, path)]
    charts = {name.rpartition("/")[0] for name, _ in packed if name.endswith("/Chart.yaml")}
    top = min(charts, key=len, default=path)
    for name, content in packed:
        yield from _expanded(name, _chart_of(name, charts, top), content, depth + 1)


def _refuse_hard_links(folder: Path, root: Path) -> None:
    for path in root.rglob("*"):
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
            raise Fatal("hard links are refused.", subject=str(path.relative_to(folder)), kind="ConfigurationError")


def _mapping(file: File) -> dict[str, Any]:
    documents = read(file.text, file.path)
    value = documents[0].value if documents else {}
    if not isinstance(value, dict):
        raise Fatal("must be a mapping.", subject=file.path, kind="ConfigurationError")
    return value


def _is_builtin(version: str) -> bool:
    group = version.split("/")[0]
    return "." not in group or group.endswith(".k8s.io")
