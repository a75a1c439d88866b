"""Images for more than one platform: an image of each, pushed by a tag of its own, and one index over them.

The index has the tag of the image's content, and its digest is what the release names. The images in it keep their
tags, so that no lifecycle rule takes them for leftovers of pushes, and a build that is retried finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import ecr
from .fatal import Fatal
from .run import say, stream
from .settings import Image

Push = Callable[[Image, str], "tuple[str, bool]"]  # of one tag: its digest in ECR, and whether this build pushed it


def tags(image: Image, tag: str) -> dict[str, str]:
    """What is built of an image, by platform; the platform is empty where the engine's own will do."""
    if len(image.platforms) < 2:
        return {"".join(image.platforms): tag}
    return {platform: f"{tag}-{platform}" for platform in image.platforms}


def arguments(platform: str) -> list[str]:
    """Of docker build."""
    return ["--platform", f"linux/{platform}"] if platform else []


def push(image: Image, tag: str, one: Push) -> tuple[str, bool]:
    """The image's digest in ECR, and whether anything of it is this build's; Fatal when ECR does not have it then."""
    pushed = {platform: one(image, each) for platform, each in tags(image, tag).items()}
    if len(pushed) == 1:
        return next(iter(pushed.values()))
    return _index(image, tag, [digest for digest, _ in pushed.values()]), any(ours for _, ours in pushed.values())


def told(image: Image, tag: str) -> dict[str, Any]:
    """What release.json says of an image that asks for platforms: the digest for each."""
    return {"platforms": _members(image, tag)} if image.platforms else {}


def _members(image: Image, tag: str) -> dict[str, str]:
    """Digests by platform, as in linux/arm64. Their tags never move: they are those that the index was made of."""
    found = {f"linux/{platform}": ecr.digest(image, each) for platform, each in tags(image, tag).items()}
    there = {platform: digest for platform, digest in found.items() if digest}
    if len(there) < len(found):
        missing = ", ".join(sorted(set(found) - set(there)))
        raise Fatal(f"ECR has the index {image.repository}:{tag}, but no tag of its image for {missing}")
    return there


def _index(image: Image, tag: str, digests: list[str]) -> str:
    name = f"{image.repository}:{tag}"
    made = stream(
        ["docker", "manifest", "create", name, *(f"{image.repository}@{each}" for each in digests)], image.name
    )
    if made.status:
        raise Fatal(f"the index of the image {image.name} cannot be made:\n{made.tail()}")
    ran = stream(["docker", "manifest", "push", "--purge", name], image.name)
    digest = ecr.digest(image, tag)
    if digest is None:
        raise Fatal(f"the index of the image {image.name} was not pushed to {name}:\n{ran.tail()}")
    if ran.status:
        say(f"image {image.name}: the index {tag} was pushed by another build meanwhile, and is reused")
    return digest
