"""What is wrong with a chart that the build is to push: what Helm or ECR would refuse, and what would be in vain."""

import re
from collections.abc import Iterator
from pathlib import Path as Folder
from typing import Any

import yaml

from pipeline.config.kinds import OCI
from pipeline.config.model import Chart, PipelineConfig
from pipeline.config.problems import Finding, Path
from pipeline.config.service import S3Source, Service
from pipeline.config.signing import RUN, STEP
from pipeline.config.tools import TOOLS, own_buildspec

FILE = "Chart.yaml"
NAME = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")  # a part of an ECR repository's name
REPOSITORY = 256  # ECR: characters of a repository's name
TAG = 128  # ECR: characters of a tag
COMMIT = 13  # characters that the build adds to the version
_NUMBER, _WORD = r"(0|[1-9]\d*)", r"[0-9A-Za-z-]+"
_PRE = rf"({_NUMBER}|\d*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PRE}(\.{_PRE})*)?(\+{_WORD}(\.{_WORD})*)?")
PLAIN = r"^{}:[ \t]*([\"']?)([^\"'\s#]+)\1[ \t]*(?:#.*)?\r?$"  # what the build, which reads no YAML, finds


def findings(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    folders: dict[str, str] = {}
    for index, item in enumerate(config.deploy or ()):
        if not isinstance(item, Chart) or not item.push:
            continue
        where: Path = ("deploy", index)
        if item.chart.startswith(OCI):
            yield Finding((*where, "push"), "it is in a registry already", "leave `push` out")
        elif "{environment}" in item.chart:
            remedy = "push one chart, and let its `values` differ"
            yield Finding((*where, "chart"), "each environment would get another chart", remedy)
        else:
            yield from _beside(service, (*where, "push"))
            yield from _described(service, item.chart, (*where, "chart"))
            name = item.chart.rpartition("/")[2]
            if folders.setdefault(name, item.chart) != item.chart:
                wrong = f"{folders[name]} and {item.chart} would be pushed to one repository"
                yield Finding((*where, "chart"), wrong, "name one of the charts otherwise")


def _beside(service: Service, where: Path) -> Iterator[Finding]:
    if service.registry.harbor:
        wrong = "charts are pushed to the ECR that has the images, and these are in Harbor"
        yield Finding(where, wrong, "leave `push` out, or keep the images in ECR")
    if isinstance(service.source, S3Source):
        wrong = "a chart's version ends with the commit, and a zip in S3 has none"
        yield Finding(where, wrong, "leave `push` out, or release from a git repository")
    buildspec = own_buildspec(service)
    if buildspec is not None and (TOOLS not in buildspec or not RUN.search(buildspec)):
        wrong = f"{service.build.buildspec} does not run the step `{STEP}` of Shipline's tools, which pushes charts"
        yield Finding(where, wrong, "take the step over from the toolkit's buildspec/build.yaml, or leave this out")


def _described(service: Service, chart: str, where: Path) -> Iterator[Finding]:
    file = service.folder / chart / FILE
    if not file.is_file():
        return  # that is said of every chart
    text = file.read_bytes().decode(errors="replace")
    told = _mapping(text)
    if told is None:
        yield Finding(where, f"{chart}/{FILE} is no YAML mapping", "write it as `helm create` does")
        return
    yield from (Finding(where, wrong, remedy) for wrong, remedy in _wrong(service, chart, text, told))
    yield from _links(service.folder, chart, where)


def _wrong(service: Service, chart: str, text: str, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what is wrong, remedy)"""
    name, version, folder = told.get("name"), told.get("version"), chart.rpartition("/")[2]
    if name != folder:
        yield f"the chart in {chart} is named {name!r}", f"name the folder as the chart: {FILE} says the name"
    elif NAME.fullmatch(name) is None or len(f"{service.name}/charts/{name}") > REPOSITORY:
        remedy = "use lower-case letters and digits, with single `.`, `_` or `-` between them"
        yield f"ECR takes no repository named {service.name}/charts/{name}", remedy
    if not isinstance(version, str) or SEMVER.fullmatch(version) is None:
        found = "no version" if version is None else f"the version {version!r}, which is none of SemVer 2"
        yield f"{chart}/{FILE} has {found}", "write one such as `version: 1.2.0`"
    elif len(version) + COMMIT > TAG:
        yield f"its version and the commit have {len(version) + COMMIT} characters; a tag takes {TAG}", "shorten it"
    if told.get("apiVersion") not in ("v1", "v2"):
        yield f"{chart}/{FILE} has no apiVersion that Helm knows", "write `apiVersion: v2`"
    if told.get("type") == "library":
        yield f"{chart} is a library chart, which installs nothing", "deliver a chart that has it as a dependency"
    for key in ("apiVersion", "version"):
        written = re.findall(PLAIN.format(key), text, re.MULTILINE)
        if isinstance(told.get(key), str) and [value for _, value in written] != [told[key]]:
            yield f"{chart}/{FILE} does not have `{key}` on a line of its own", f"write a line `{key}: {told[key]}`"


def _links(folder: Folder, chart: str, where: Path) -> Iterator[Finding]:
    for path in sorted((folder / chart).rglob("*")):
        if path.is_symlink():
            wrong = f"{path.relative_to(folder).as_posix()} is a link, and no chart is released with one"
            yield Finding(where, wrong, "put the file itself there")


def _mapping(text: str) -> dict[str, Any] | None:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict) else None
