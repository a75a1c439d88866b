"""What would make a preview unsafe, or fail when it is deployed."""

import re
from collections.abc import Iterator

from pipeline.config.previews.model import Previews, prefix
from pipeline.config.problems import Finding, Path
from pipeline.config.service import ConnectedSource, KustomizeDelivery, Service

WHERE: Path = ("source", "pull_requests", "preview")
NAMESPACE = re.compile(r"^namespace:\s*[\"']?([a-z0-9-]+)", re.MULTILINE)  # of a kustomization
RESERVED = "previews"  # in the names of the previews' secrets


def findings(service: Service) -> Iterator[Finding]:
    source = service.source
    if not isinstance(source, ConnectedSource) or not source.pull_requests or not source.pull_requests.preview:
        return
    if source.host != "github":
        wrong = "AWS documents for GitHub alone that CodeBuild tells which pull request a build is of"
        yield Finding(WHERE, wrong, "leave it out: pull requests are tested and built all the same")
    if source.pull_requests.forks:
        wrong = "with `forks: true` anybody's code is built, and a preview would run it in the cluster"
        yield Finding(WHERE, wrong, "leave one of the two out")
    if service.registry.harbor:
        wrong = "previews have repositories of their own in ECR, and the images are in Harbor"
        yield Finding(WHERE, wrong, "leave it out, or keep the images in ECR")
    yield from _images(service)
    yield from _like(service, source.pull_requests.preview)
    yield from _clashes(service)


def _images(service: Service) -> Iterator[Finding]:
    for image in service.images:
        if image.secrets:
            wrong = f"the build of the image {image.name} needs secrets, which no pull request gets"
            yield Finding(WHERE, wrong, "leave it out, or build the image without secrets")


def _like(service: Service, previews: Previews) -> Iterator[Finding]:
    names = [target.name for target in service.environments]
    if previews.like not in names:
        wrong = f"there is no environment {previews.like}"
        yield Finding((*WHERE, "like"), wrong, f"name one of {', '.join(names)}")
    like = next((target for target in service.environments if target.name == previews.like), None)
    if like and (like.gitops or like.targets):
        wrong = f"{like.name} is not released to the service's own cluster by its own deployer, as previews are"
        yield Finding((*WHERE, "like"), wrong, "name another environment")
    if not previews.rules.quota:
        yield Finding((*WHERE, "quota"), "it bounds nothing", "write `cpu`, `memory` or `pods`, or leave the key out")
    for target in service.environments:
        for item in target.deliveries if target.name == previews.like else ():
            if isinstance(item, KustomizeDelivery):
                yield from _named(service, item.path)


def _named(service: Service, folder: str) -> Iterator[Finding]:
    """Objects of a namespace that is not the preview's would be refused when they are deployed."""
    for file in sorted((service.folder / folder).glob("[Kk]ustomization*")):
        if found := NAMESPACE.search(file.read_text(errors="replace")):
            wrong = f"{folder}/{file.name} names the namespace {found[1]}, and a preview has another one"
            yield Finding(WHERE, wrong, "leave `namespace:` out there: each deployer puts its own in")


def _clashes(service: Service) -> Iterator[Finding]:
    own = re.compile(re.escape(prefix(service.name)) + r"\d+")
    for index, target in enumerate(service.environments):
        where: Path = ("environments", index)
        if own.fullmatch(target.namespace):
            wrong = f"the namespace {target.namespace} is a preview's"
            yield Finding((*where, "namespace"), wrong, "name it otherwise", (where,))
        if target.name == RESERVED:
            wrong = f"secrets of previews are called {service.name}/{RESERVED}/NAME"
            yield Finding((*where, "name"), wrong, "name it otherwise", (where,))
