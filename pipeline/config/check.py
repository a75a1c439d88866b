"""Checks that need the whole definition or the service's folder: files that are missing, names that clash.

AWS's limits are in limits.py.
"""

from collections.abc import Iterator
from pathlib import Path as Folder

from pipeline.config import charts, exceptions, freeze, kept, limits, plaintext, platforms, signing, told
from pipeline.config.bases import check as bases
from pipeline.config.builders import check as builders
from pipeline.config.cluster import check as cluster
from pipeline.config.cluster import fargate, networkcheck
from pipeline.config.cluster.model import Cluster
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.conditions import check as conditions
from pipeline.config.eksaction import check as eksaction
from pipeline.config.gitops import check as gitops
from pipeline.config.model import PipelineConfig
from pipeline.config.previews import check as previews
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.registry import check as registry
from pipeline.config.resolve import KUSTOMIZATIONS, has_kustomization, has_manifests
from pipeline.config.retired import retired
from pipeline.config.rollout import check as rollout
from pipeline.config.service import (
    ChartDelivery,
    DeliveryItem,
    ImageSource,
    KustomizeDelivery,
    ManifestsDelivery,
    Service,
)
from pipeline.config.targets import check as targets
from pipeline.config.tools import TOOLS, own_buildspec, unrun


def check(config: PipelineConfig, service: Service, data: object) -> list[Finding]:
    return [
        *_latest(data, ()),
        *_folder(service),
        *_images(config, service),
        *platforms.findings(service, {name: image.platforms for name, image in (config.images or {}).items()}),
        *_coverage(service),
        *_minutes(service),
        *_buildspecs(config, service),
        *builders.findings(service),
        *_deliveries(config, service),
        *charts.findings(config, service),
        *gitops.findings(config, service),
        *eksaction.findings(config, service),
        *_alarms(config),
        *conditions.findings(config, service, data),
        *_twice(config, service),
        *exceptions.findings(service),
        *told.findings(service, data),
        *limits.findings(service),
        *registry.findings(config.registry, service),
        *bases.findings(service),
        *_cluster(config, service),
        *_quotas(config),
        *kept.findings(config.secrets),
        *freeze.findings([each.freeze for each in config.environments]),
        *targets.findings(service, written="cluster" in config.model_fields_set),
        *previews.findings(service),
        *rollout.findings(service),
        *retired(service, written=config.deploy is not None),
        *plaintext.findings(service, written=config.deploy is not None),
    ]


def _latest(data: object, path: Path) -> Iterator[Finding]:
    """The tag `latest` names another image tomorrow, wherever it is written."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in items:
        yield from _latest(value, (*path, step))
    if isinstance(data, str) and any(word.endswith(":latest") for word in data.split()):
        yield Finding(path, "the tag `latest` names another image tomorrow", "write a version or a digest")


def _folder(service: Service) -> Iterator[Finding]:
    wanted = service.source.folder
    if wanted and not f"/{service.folder.absolute().as_posix()}".endswith(f"/{wanted}"):
        wrong = f"this pipeline.yaml is in {service.folder.absolute()}, which is no folder {wanted} of a repository"
        yield Finding(("source", "folder"), wrong, "write the service's folder as the repository has it")


def _cluster(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if isinstance(config.cluster, Cluster) and isinstance(service.cluster, ClusterPlan):
        names = [target.name for target in service.environments]
        built = platforms.shared(service.images)
        yield from cluster.findings(config.cluster, service.cluster, names, built=built)
        yield from networkcheck.findings(config.cluster, service.cluster)
        yield from fargate.findings(config.cluster, service)


def _quotas(config: PipelineConfig) -> Iterator[Finding]:
    for index, environment in enumerate(config.environments):
        if environment.quota and not environment.quota.model_dump(exclude_none=True):
            where: Path = ("environments", index, "quota")
            yield Finding(where, "it bounds nothing", "write `cpu`, `memory` or `pods`, or leave the key out")


def _images(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if not service.images:
        remedy = "write `images: {NAME: FOLDER}`, or put a Dockerfile into app/NAME/"
        yield Finding(("images",), "there is no image to build", remedy)
    for image in service.images:
        where: Path = ("images", image.name)
        for name, value in image.args:
            if "{environment}" in value:
                remedy = "leave it out, and give the pods what differs"
                yield Finding((*where, "args", name), "an image is built once, for all environments", remedy)
        context = service.folder / image.context
        if not context.is_dir():
            yield Finding((*where, "context"), f"there is no folder {image.context}", "correct the path")
        elif not (context / image.dockerfile).is_file():
            file = f"{image.context}/{image.dockerfile}"
            yield Finding((*where, "dockerfile"), f"there is no {file}", "add it, or correct the path")
        else:
            yield from _unread(image, (context / image.dockerfile).read_text(errors="replace"), where)
        if config.images is None and not limits.SLUG.match(image.name):
            remedy = "rename the folder to lower-case letters, digits and hyphens, or write `images:`"
            yield Finding(where, f"the folder app/{image.name} cannot name an image", remedy)


def _unread(image: ImageSource, dockerfile: str, where: Path) -> Iterator[Finding]:
    """A right to read what nothing reads is one too many; and a misspelt id is found late otherwise, by the build."""
    for secret in image.secrets:
        if secret.name not in dockerfile:
            wrong = f"{image.context}/{image.dockerfile} does not mount the secret {secret.name}"
            remedy = f"write RUN --mount=type=secret,id={secret.name} there, or leave the secret out"
            yield Finding((*where, "secrets", secret.name), wrong, remedy)


def _coverage(service: Service) -> Iterator[Finding]:
    gate = service.tests.coverage
    if gate and gate.lines is None and gate.branches is None:
        yield Finding(("test", "coverage"), "nothing is asked of the coverage", "write `lines:`, `branches:` or both")


def _minutes(service: Service) -> Iterator[Finding]:
    """CodeBuild counts in minutes."""
    for key, given in (("timeout", service.build.timeout), ("queue_timeout", service.build.queue_timeout)):
        if given and given.total_seconds() % 60:
            yield Finding(("build", key), "CodeBuild counts in whole minutes", "leave the seconds out")


def _buildspecs(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if config.build.buildspec and not (service.folder / config.build.buildspec).is_file():
        yield Finding(("build", "buildspec"), f"there is no {config.build.buildspec}", "add it, or leave the key out")
    elif service.build.buildspec:
        yield from _without_tools(service)
    for index, environment in enumerate(config.environments):
        if environment.verify and not (service.folder / environment.verify).is_file():
            where = ("environments", index, "verify")
            yield Finding(where, f"there is no {environment.verify}", "add it, or write `verify: false`")


def _alarms(config: PipelineConfig) -> Iterator[Finding]:
    for index, environment in enumerate(config.environments):
        if environment.alarms and environment.soak is None:
            remedy = "say for how long, as in `soak: 30m`"
            yield Finding(("environments", index, "alarms"), "alarms are watched while a release soaks", remedy)


def _without_tools(service: Service) -> Iterator[Finding]:
    """What Shipline's steps do and the buildspec does not run is asked for in vain."""
    buildspec = own_buildspec(service) or ""
    if TOOLS in buildspec:
        yield from signing.unsigned(service.signing, service.build.buildspec, buildspec)
        return
    for where in _done_by_tools(service):
        yield from unrun(service, where)


def _done_by_tools(service: Service) -> Iterator[Path]:
    if service.tests.coverage:
        yield ("test", "coverage")
    if service.signing:
        yield ("sign",)
    for image in service.images:
        if image.secrets:
            yield ("images", image.name, "secrets")
        if image.platforms != platforms.DEFAULT:
            yield ("images", image.name, "platforms")
    if service.sbom:
        yield ("sbom",)
    if service.build.cache:
        yield ("build", "cache")


def _deliveries(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    seen: set[tuple[Path, str]] = set()
    for index, target in enumerate(service.environments):
        environment: Path = ("environments", index)
        if not target.deliveries and target.gitops is None:
            remedy = "add manifests/ or charts/NAME/, or write `deploy:`"
            yield Finding(("deploy",), "there is nothing to deploy", remedy)
            return
        for position, item in enumerate(target.deliveries):
            # What was found by itself is the environment's matter: its overlay is what is missing.
            where: Path = ("deploy", position) if config.deploy is not None else environment
            for key, wrong, remedy in _delivery(service, item):
                place = (*where, key) if config.deploy is not None else where
                if (place, wrong) not in seen:
                    seen.add((place, wrong))
                    yield Finding(place, wrong, remedy, because=(environment,))


def _delivery(service: Service, item: DeliveryItem) -> Iterator[tuple[str, str, str]]:
    """(key, what is wrong, remedy)"""
    folder = service.folder
    match item:
        case KustomizeDelivery(path):
            if not has_kustomization(folder / path):
                wrong = f"{path} has no {KUSTOMIZATIONS[0]}"
                yield "kustomize", wrong, f"add it, or correct the path{_meant_manifests(folder, path)}"
        case ManifestsDelivery(path):
            if not has_manifests(folder / path):
                yield "manifests", f"{path} has no YAML file", "add one, or correct the path"
        case ChartDelivery(chart, _, values, images):
            built = {image.name for image in service.images}
            for path, name in images:
                if name not in built:
                    yield (
                        "images",
                        f"{path} names the image {name!r}, which the service does not have",
                        f"name one of {', '.join(sorted(built)) or 'none'}",
                    )
            if chart in item.files and not (folder / chart / "Chart.yaml").is_file():
                yield "chart", f"{chart} has no Chart.yaml", "add it, or correct the path"
            for file in values:
                if not (folder / file).is_file():
                    guess = f"{chart}/{file}"
                    inside = f"; is it {guess}?" if (folder / guess).is_file() else ""
                    yield "values", f"there is no {file}", f"paths start at the service's folder{inside}"


def _meant_manifests(folder: Folder, path: str) -> str:
    return f", or write `manifests: {path}` for plain files" if has_manifests(folder / path) else ""


def _listed(secrets: object) -> list[tuple[Path, str]]:
    return [(("secrets", index), name) for index, name in enumerate(secrets)] if isinstance(secrets, tuple) else []


def _twice(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    made, network = service.environments, service.build.network
    named: list[tuple[Path, str]] = [(("environments", i, "name"), target.name) for i, target in enumerate(made)]
    yield from repeated(named, "environments need different names")
    # Environments of one name share a namespace by default; that follows, and is said already.
    placed: list[tuple[Path, str]] = [
        (("environments", i, "namespace"), target.namespace)
        for i, target in enumerate(made)
        if not target.targets and target.name not in {before.name for before in made[:i]}
    ]
    yield from repeated(placed, "each environment needs a namespace of its own")
    for key, ids in (("subnets", network.subnets), ("security_groups", network.security_groups)) if network else ():
        yield from repeated([(("build", "vpc", key, i), id_) for i, id_ in enumerate(ids)], "once is enough")
    yield from repeated(_listed(config.secrets), "once is enough")
    for target in made[:1]:
        released: list[tuple[Path, str]] = [
            (("deploy", i, "release"), item.release)
            for i, item in enumerate(target.deliveries)
            if isinstance(item, ChartDelivery)
        ]
        yield from repeated(released, "each chart needs a release name of its own")
