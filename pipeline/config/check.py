"""Checks that need the whole definition or the service's folder: files that are missing, names that clash.

AWS's limits are in limits.py.
"""

from collections.abc import Iterator
from pathlib import Path as Folder

from pipeline.config import exceptions, limits
from pipeline.config.model import PipelineConfig
from pipeline.config.problems import Finding, Path
from pipeline.config.resolve import KUSTOMIZATIONS, has_kustomization, has_manifests
from pipeline.config.retired import retired
from pipeline.config.service import ChartDelivery, DeliveryItem, KustomizeDelivery, ManifestsDelivery, Service


def check(config: PipelineConfig, service: Service, data: object) -> list[Finding]:
    return [
        *_latest(data, ()),
        *_images(config, service),
        *_buildspecs(config, service),
        *_deliveries(config, service),
        *_twice(config, service),
        *exceptions.findings(service),
        *limits.findings(service),
        *retired(service, written=config.deploy is not None),
    ]


def _latest(data: object, path: Path) -> Iterator[Finding]:
    """The tag `latest` names another image tomorrow, wherever it is written."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in items:
        yield from _latest(value, (*path, step))
    if isinstance(data, str) and any(word.endswith(":latest") for word in data.split()):
        yield Finding(path, "the tag `latest` names another image tomorrow", "write a version or a digest")


def _images(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if not service.images:
        remedy = "write `images: {NAME: FOLDER}`, or put a Dockerfile into app/NAME/"
        yield Finding(("images",), "there is no image to build", remedy)
    for image in service.images:
        where: Path = ("images", image.name)
        context = service.folder / image.context
        if not context.is_dir():
            yield Finding((*where, "context"), f"there is no folder {image.context}", "correct the path")
        elif not (context / image.dockerfile).is_file():
            file = f"{image.context}/{image.dockerfile}"
            yield Finding((*where, "dockerfile"), f"there is no {file}", "add it, or correct the path")
        if config.images is None and not limits.SLUG.match(image.name):
            remedy = "rename the folder to lower-case letters, digits and hyphens, or write `images:`"
            yield Finding(where, f"the folder app/{image.name} cannot name an image", remedy)


def _buildspecs(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if config.build.buildspec and not (service.folder / config.build.buildspec).is_file():
        yield Finding(("build", "buildspec"), f"there is no {config.build.buildspec}", "add it, or leave the key out")
    for index, environment in enumerate(config.environments):
        if environment.verify and not (service.folder / environment.verify).is_file():
            where = ("environments", index, "verify")
            yield Finding(where, f"there is no {environment.verify}", "add it, or write `verify: false`")


def _deliveries(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    seen: set[tuple[Path, str]] = set()
    for index, target in enumerate(service.environments):
        environment: Path = ("environments", index)
        if not target.deliveries:
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


def _twice(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    targets = service.environments
    named: list[tuple[Path, str]] = [(("environments", i, "name"), target.name) for i, target in enumerate(targets)]
    yield from _repeated(named, "environments need different names")
    # Environments of one name share a namespace by default; that follows, and is said already.
    placed: list[tuple[Path, str]] = [
        (("environments", i, "namespace"), target.namespace)
        for i, target in enumerate(targets)
        if target.name not in {before.name for before in targets[:i]}
    ]
    yield from _repeated(placed, "each environment needs a namespace of its own")
    yield from _repeated([(("secrets", i), name) for i, name in enumerate(service.secrets)], "once is enough")
    for target in targets[:1]:
        released: list[tuple[Path, str]] = [
            (("deploy", i, "release"), item.release)
            for i, item in enumerate(target.deliveries)
            if isinstance(item, ChartDelivery)
        ]
        yield from _repeated(released, "each chart needs a release name of its own")


def _repeated(named: list[tuple[Path, str]], remedy: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for where, value in named:
        if value in seen:
            yield Finding(where, f"`{value}` is there twice", remedy)
        seen.add(value)
