"""What the project and the pipeline tell the build by environment variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import bases
from .fatal import Fatal

BUILD_ARG = "BUILD_ARG_"
COMMIT = "{commit}"  # in a build argument: the commit that is built
PULL_REQUEST = re.compile(r"pr/([1-9][0-9]{0,6})")
ECR = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+/.+")


@dataclass(frozen=True)
class Image:
    """`dockerfile` is seen from the context, the context from the service's folder."""

    name: str
    repository: str  # host/name, no tag
    context: str
    dockerfile: str
    args: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)  # id → where its value is kept
    platforms: tuple[str, ...] = ()  # amd64, arm64; none: what the engine builds unasked
    robot: str | None = None  # of a Harbor: where it is kept, empty when nobody may push; None: the registry is ECR

    @property
    def host(self) -> str:
        return self.repository.partition("/")[0]

    @property
    def repository_name(self) -> str:
        return self.repository.partition("/")[2]

    @property
    def account(self) -> str:
        return self.host.split(".")[0]

    @property
    def region(self) -> str:
        """Of `<account>.dkr.ecr.<region>.amazonaws.com`."""
        return self.host.split(".")[3]


@dataclass(frozen=True)
class Coverage:
    """Percents at least, each where it is asked for; `report` is seen from the root of the sources."""

    lines: int | None
    branches: int | None
    report: str


@dataclass(frozen=True)
class Signing:
    """With which key, and what the provenance tells of this build."""

    key: str  # its ARN
    source: str  # the repository, as SLSA names it
    execution: str  # of the pipeline
    build: str  # its ARN
    started: float  # seconds since the epoch


@dataclass(frozen=True)
class Preview:
    """Of a build that deploys a pull request, or one that takes it away again."""

    function: str  # that is asked for it
    number: int
    build: str
    repository: str = ""  # the URL that branches are asked of

    @property
    def tags(self) -> str:
        """What the tags of its images begin with. Nobody else knows it beforehand: none can be there already."""
        return f"pr-{self.number}-{self.build.rpartition(':')[2][:8]}-"


@dataclass(frozen=True)
class Settings:
    service: str
    images: tuple[Image, ...]
    test: str
    reports: tuple[str, ...]  # where the test command leaves JUnit reports
    coverage: Coverage | None  # what the tests have to cover
    delivery: tuple[str, ...]  # paths that the Release artifact carries
    build_args: Mapping[str, str]  # for every Dockerfile that declares them
    bases: Mapping[str, str]  # those of them that are base images, each by digest
    root: Path  # of the service
    output: Path  # where the buildspec finds reports and the release: in the root of the sources
    scratch: Path
    succeeding: bool
    commit: Mapping[str, str]
    source_repository: str  # in CodeCommit; empty when the source is elsewhere
    signing: Signing | None = None  # None: nothing is signed
    sbom: bool = False  # of each image, into the release
    cache: bool = False  # layers of builds before, in ECR
    preview: Preview | None = None
    charts: tuple[Image, ...] = ()  # that are pushed; `context` is the chart's folder
    # By environment (kind, path) of what CodePipeline's EKS action is to apply; none: it applies nothing.
    rendered: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def tags(self) -> str:
        """What images' tags begin with."""
        return self.preview.tags if self.preview else ""

    @property
    def plan(self) -> Path:
        return self.scratch / "plan.json"

    @property
    def report(self) -> Path:
        return self.output / "reports"

    @property
    def covered(self) -> Path:
        return self.output / "coverage"

    @property
    def release(self) -> Path:
        return self.output / "release"


def read(environ: Mapping[str, str]) -> Settings:
    """Fatal names the variable that is missing or cannot be read."""
    sources = Path(_required(environ, "CODEBUILD_SRC_DIR"))
    root = sources / environ.get("SHIPLINE_FOLDER", "")
    if not root.is_dir():
        raise Fatal(f"there is no folder {environ['SHIPLINE_FOLDER']} in the commit, which pipeline.yaml says it is in")
    based = bases.read(environ)
    return Settings(
        service=_required(environ, "SHIPLINE_SERVICE"),
        images=tuple(
            _image(name, value, environ.get("COMMIT_ID", ""), _robot(environ))
            for name, value in sorted(_json(environ, "SHIPLINE_IMAGES", {}).items())
        ),
        test=environ.get("SHIPLINE_TEST", "").strip(),
        reports=tuple(_json(environ, "SHIPLINE_REPORTS", [])),
        coverage=_coverage(_json(environ, "SHIPLINE_COVERAGE", {})),
        delivery=tuple(_json(environ, "SHIPLINE_DELIVERY", [])),
        build_args={
            **{name[len(BUILD_ARG) :]: value for name, value in sorted(environ.items()) if name.startswith(BUILD_ARG)},
            **based,
        },
        bases=based,
        root=root,
        output=sources / ".shipline",
        scratch=Path(environ.get("TMPDIR") or "/tmp") / "shipline",  # noqa: S108 - a build has its machine to itself
        succeeding=environ.get("CODEBUILD_BUILD_SUCCEEDING", "1") == "1",
        commit={
            "commit": environ.get("COMMIT_ID", ""),
            "branch": environ.get("BRANCH", ""),
            "message": environ.get("COMMIT_MESSAGE", ""),
            "author": environ.get("AUTHOR", ""),
            "authored": environ.get("AUTHOR_DATE", ""),
        },
        source_repository=environ.get("SHIPLINE_SOURCE_REPOSITORY", ""),
        signing=_signing(environ, _json(environ, "SHIPLINE_SIGN", {})),
        sbom=environ.get("SHIPLINE_SBOM") == "1",
        cache=environ.get("SHIPLINE_BUILD_CACHE") == "1",
        preview=_preview(environ),
        charts=tuple(
            Image(name, value["repository"], value["path"], "", {})
            for name, value in sorted(_json(environ, "SHIPLINE_CHARTS", {}).items())
        ),
        rendered=_rendered(_json(environ, "SHIPLINE_RENDER", {})),
    )


def _preview(environ: Mapping[str, str]) -> Preview | None:
    """The webhook says which pull request it is; who starts a build by hand says it by the source version."""
    function = environ.get("SHIPLINE_PREVIEW", "")
    if not function:
        return None
    said = environ.get("CODEBUILD_WEBHOOK_TRIGGER") or environ.get("CODEBUILD_SOURCE_VERSION", "")
    number = PULL_REQUEST.fullmatch(said)
    if number is None:
        raise Fatal(
            f"{said or 'no source version'} is no pull request: start the build with --source-version pr/NUMBER"
        )
    repository = environ.get("SHIPLINE_REPOSITORY", "")
    return Preview(function, int(number.group(1)), _required(environ, "CODEBUILD_BUILD_ID"), repository)


def _image(name: str, value: dict[str, Any], commit: str, robot: str | None) -> Image:
    if robot is None and not ECR.match(str(value.get("repository"))):
        raise Fatal(f"SHIPLINE_IMAGES: the repository of the image {name} is not one of ECR: {value.get('repository')}")
    return Image(
        name,
        value["repository"],
        value.get("context", "."),
        value.get("dockerfile", "Dockerfile"),
        {key: _argument(name, str(each), commit) for key, each in sorted(value.get("args", {}).items())},
        dict(sorted(value.get("secrets", {}).items())),
        tuple(value.get("platforms", ())),
        robot,
    )


def _robot(environ: Mapping[str, str]) -> str | None:
    found = _json(environ, "SHIPLINE_HARBOR", {})
    return str(found.get("robot", "")) if found else None


def _argument(image: str, value: str, commit: str) -> str:
    if COMMIT in value and not commit:
        raise Fatal(f"a build argument of the image {image} names the commit, and COMMIT_ID does not tell it")
    return value.replace(COMMIT, commit)


def _coverage(value: dict[str, Any]) -> Coverage | None:
    return Coverage(value.get("lines"), value.get("branches"), value["report"]) if value else None


def _rendered(value: dict[str, Any]) -> dict[str, tuple[tuple[str, str], ...]]:
    return {environment: tuple((kind, path) for kind, path in items) for environment, items in value.items()}


def _signing(environ: Mapping[str, str], value: dict[str, Any]) -> Signing | None:
    if not value:
        return None
    return Signing(
        key=value["key"],
        source=value["source"],
        execution=_required(environ, "PIPELINE_EXECUTION_ID"),
        build=_required(environ, "CODEBUILD_BUILD_ARN"),
        started=int(_required(environ, "CODEBUILD_START_TIME")) / 1000,
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise Fatal(f"{name} is not set: the steps of build.yaml run in a CodeBuild project of the delivery stack")
    return environ[name]


def _json(environ: Mapping[str, str], name: str, default: Any) -> Any:
    text: str | None = environ.get(name)
    if not text:
        return default
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Fatal(f"{name} is not JSON: {error}") from None
    if not isinstance(found, type(default)):
        raise Fatal(f"{name} is not a JSON {'object' if isinstance(default, dict) else 'list'}")
    return found
