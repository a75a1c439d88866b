"""Found → the text of a pipeline.yaml, and what a person has still to do. Pure."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from pipeline.config.kinds import SLUG
from pipeline.config.model import PipelineConfig
from pipeline.config.resolve import found_deliveries, found_images
from pipeline.draft.look import Dockerfile, Found
from pipeline.draft.origin import Origin

ENVIRONMENTS = ("dev", "staging", "prod")
LONGEST_NAME = 40
# Whose images nobody runs: they are said, and left out.
UNSHIPPED = frozenset({"test", "tests", "e2e", "example", "examples", "docs", "hack", "ci", "tools"})
HEAD = "# `shipline explain` says what is chosen where nothing is written; docs/pipeline.md has every key.\n"


def slug(text: str) -> str:
    """A name as pipeline.yaml takes it; `service` for what has no letter at all."""
    made = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_NAME].strip("-")
    return made if re.fullmatch(SLUG, made) else f"service-{made}".strip("-")[:LONGEST_NAME].strip("-")


def text(folder: Path, name: str, found: Found, source: Origin | None = None, connection: str = "") -> str:
    """Only what the defaults do not say anyway. Without a connection the source is CodeCommit."""
    environments = list(found.environments or ENVIRONMENTS)
    told: dict[str, Any] = {"name": name, "source": _source(name, source, connection)}
    images = images_of(name, found)
    if images and images != {each: image.context for each, image in found_images(folder, name).items()}:
        told["images"] = images
    deploy = _deploy(found, environments)
    config = PipelineConfig.model_validate({"name": name, "source": "codecommit", "environments": environments})
    by_itself = [item.model_dump(exclude_defaults=True, mode="json") for item in found_deliveries(folder, config)]
    if deploy and deploy != by_itself:
        told["deploy"] = deploy
    told["environments"] = environments
    return HEAD + yaml.dump(told, Dumper=_Dumper, sort_keys=False, width=110)


def images_of(name: str, found: Found) -> dict[str, Any]:
    """Each image by its name, as `images:` has it."""
    shipped = [each for each in found.dockerfiles if not _unshipped(each)]
    short = [_name(name, each) for each in shipped]
    return {
        (word if short.count(word) == 1 else slug(each.path.removesuffix("/Dockerfile"))): _image(each)
        for word, each in zip(short, shipped, strict=True)
    }


def notes(name: str, found: Found, source: Origin | None, connection: str) -> Iterator[str]:
    """What is left to be done, a sentence each."""
    if source and source.host != "codecommit" and not connection:
        yield (
            f"the code is at {source.host}: {source.repository}. To release from there make a connection in the console"
            " (Settings / Connections), and say it: shipline init --connection ARN --force"
        )
    for each in found.dockerfiles:
        if _unshipped(each):
            yield f"{each.path} was left out: name it under `images` if it is released"
    images = images_of(name, found)
    for file, image in found.images:
        path = _repository(image)
        word = path.rpartition("/")[2]
        if word in images and path not in (word, f"{name}/{word}"):
            yield f"{file}: write the image {image} as {name}/{word}, so that a release puts its digest there"
    named = {_repository(image).rpartition("/")[2] for _, image in found.images}
    for word in images if not found.charts else ():
        if word not in named:
            yield f"no manifest names the image {word}: write it there as {name}/{word}"


def _source(name: str, source: Origin | None, connection: str) -> Any:
    if source and source.host == "codecommit":
        return "codecommit" if source.name == name else {"codecommit": source.name}
    return {source.host: source.repository, "connection": connection} if source and connection else "codecommit"


def _deploy(found: Found, environments: list[str]) -> list[Mapping[str, Any]]:
    made: list[Mapping[str, Any]] = [{"kustomize": f"{each.folder}/{{environment}}"} for each in found.overlays]
    made += [{"kustomize": path} for path in found.kustomizations]
    made += [{"manifests": path} for path in found.manifests]
    for chart in found.charts:
        values = {"values": [chart.values]} if set(environments) <= set(chart.environments) else {}
        made.append({"chart": chart.folder, **values})
    return made


def _image(each: Dockerfile) -> Any:
    return each.context if each.file == "Dockerfile" else {"context": each.context, "dockerfile": each.file}


def _name(service: str, each: Dockerfile) -> str:
    if each.file != "Dockerfile":
        return slug(each.file.partition(".")[2])
    folder = each.context.rpartition("/")[2]
    return service if folder in (".", "app", "src", "docker", "build") else slug(folder)


def _unshipped(each: Dockerfile) -> bool:
    return bool(UNSHIPPED & set(each.context.split("/"))) or each.file.partition(".")[2] in UNSHIPPED


def _repository(image: str) -> str:
    """An image's repository without host, tag and digest."""
    path = image.partition("@")[0]
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        path = rest
    folder, slash, last = path.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


class _Dumper(yaml.SafeDumper):
    """Lists of words in one line, and what they are lists of indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        words = all(isinstance(each, str) for each in sequence)
        return super().represent_sequence(tag, sequence, flow_style=words)
