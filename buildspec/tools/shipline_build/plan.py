"""Which images there are already, which have to be built, and whose commit it is."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import registry
from .author import author
from .content import content
from .fatal import Fatal
from .run import say
from .settings import Image, Settings


@dataclass(frozen=True)
class Planned:
    tag: str
    digest: str | None  # None: it has to be built
    files: list[str]  # of its context, as they were before anything ran


@dataclass(frozen=True)
class Plan:
    images: dict[str, Planned]
    author: str


def run(settings: Settings) -> None:
    """Name each image by its content, and look which of them the registry has already."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        asked = {image.name: pool.submit(_planned, image, settings) for image in settings.images}
        wrote = pool.submit(author, settings)
    found = {name: answer.result() for name, answer in asked.items()}
    for argument, base in settings.bases.items():
        say(f"base image {argument}: {base}")
    for image in settings.images:
        each = found[image.name]
        state = "has not changed, and is reused" if each.digest else "will be built"
        say(f"image {image.name}: {image.repository}:{each.tag} {state}")
    if not found:
        say("no images: this release is its manifests alone")
    write(settings, Plan(found, wrote.result()))


def _planned(image: Image, settings: Settings) -> Planned:
    found = content(image, settings.root, settings.build_args)
    tag = settings.tags + found.tag
    return Planned(tag, registry.digest(image, tag), found.files)


def write(settings: Settings, plan: Plan) -> None:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    images = {name: [each.tag, each.digest, each.files] for name, each in plan.images.items()}
    settings.plan.write_text(json.dumps({"images": images, "author": plan.author}))


def read(settings: Settings) -> Plan:
    if not settings.plan.is_file():
        raise Fatal("there is no plan: the step plan comes before this one")
    found = json.loads(settings.plan.read_text())
    return Plan({name: Planned(*each) for name, each in found["images"].items()}, found["author"])
