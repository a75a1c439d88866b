"""What is wrong with base images: what starts itself, what is given twice, and what no Dockerfile reads."""

from collections.abc import Iterator

from pipeline.config.bases.plan import Base
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import Service
from pipeline.config.tools import unrun

REGISTRY = ".dkr.ecr."


def findings(service: Service) -> Iterator[Finding]:
    where: Path = ("source", "base_images")
    for index, base in enumerate(service.source.bases):
        named_wrong = [*_misnamed(service, base, (*where, index, "repository"))]
        yield from named_wrong or _unread(service, base, (*where, index))
        yield from _taken(service, base, (*where, index, "argument"))
    named: list[tuple[Path, str]] = [
        ((*where, index, "argument"), base.argument) for index, base in enumerate(service.source.bases)
    ]
    yield from repeated(named, "give each base image an argument of its own")
    if service.source.bases:
        yield from unrun(service, where)


def _misnamed(service: Service, base: Base, where: Path) -> Iterator[Finding]:
    if REGISTRY in base.repository.partition("/")[0]:
        wrong = f"{base.repository} begins with a registry's host"
        yield Finding(where, wrong, "write the repository's name alone: it is in this account's and region's ECR")
    if base.repository in {f"{service.name}/{image.name}" for image in service.images}:
        wrong = f"{base.repository} is what this pipeline pushes to: its releases would start one another"
        yield Finding(where, wrong, "name a repository that another pipeline fills")


def _unread(service: Service, base: Base, where: Path) -> Iterator[Finding]:
    """Each push would start a release in which nothing is new."""
    files = [service.folder / image.context / image.dockerfile for image in service.images]
    texts = [file.read_text(errors="replace") for file in files if file.is_file()]
    if texts and not any(_declares(text, base.argument) for text in texts):
        wrong = f"no Dockerfile declares the argument {base.argument}"
        yield Finding(where, wrong, f"write ARG {base.argument} in front of a FROM ${{{base.argument}}}")


def _declares(dockerfile: str, argument: str) -> bool:
    lines = [line.split() for line in dockerfile.splitlines()]
    return any(words[0].upper() == "ARG" and words[1].partition("=")[0] == argument for words in lines if words[1:])


def _taken(service: Service, base: Base, where: Path) -> Iterator[Finding]:
    for image in service.images:
        if base.argument in dict(image.args):
            wrong = f"the image {image.name} has an argument {base.argument} of its own, which wins"
            yield Finding(where, wrong, "name another argument, or leave the image's out")
    if base.argument in {rule.argument for rule in service.registry.cache}:
        yield Finding(where, f"{base.argument} leads to a cache (registry.cache)", "name another argument")
