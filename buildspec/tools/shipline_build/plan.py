"""Which images there are already, and which have to be built."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import ecr
from .content import content
from .fatal import Fatal
from .run import say
from .settings import Image, Settings


@dataclass(frozen=True)
class Planned:
    tag: str
    digest: str | None  # None: it has to be built
    files: list[str]  # of its context, as they were before anything ran


Plan = dict[str, Planned]


def run(settings: Settings) -> None:
    """Name each image by its content, and look which of them ECR has already."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        asked = {image.name: pool.submit(_planned, image, settings) for image in settings.images}
    found = {name: answer.result() for name, answer in asked.items()}
    for image in settings.images:
        each = found[image.name]
        state = "has not changed, and is reused" if each.digest else "will be built"
        say(f"image {image.name}: {image.repository}:{each.tag} {state}")
    if not found:
        say("no images: this release is its manifests alone")
    write(settings, found)


def _planned(image: Image, settings: Settings) -> Planned:
    found = content(image, settings.root, settings.build_args)
    return Planned(found.tag, ecr.digest(image, found.tag), found.files)


def write(settings: Settings, plan: Plan) -> None:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    settings.plan.write_text(json.dumps({name: [each.tag, each.digest, each.files] for name, each in plan.items()}))


def read(settings: Settings) -> Plan:
    if not settings.plan.is_file():
        raise Fatal("there is no plan: the step plan comes before this one")
    return {name: Planned(*each) for name, each in json.loads(settings.plan.read_text()).items()}
