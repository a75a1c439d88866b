"""Images for more than one platform: an image of each, pushed by a tag of its own, and one index over them.

The index has the tag of the image's content, and its digest is what the release names. The images in it keep their
tags, so that no lifecycle rule takes them for leftovers of pushes, and a build that is retried finds them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import ecr
from .fatal import Fatal
from .run import say
from .settings import Image

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
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
    digest = _index(image, tag, {platform: digest for platform, (digest, _) in pushed.items()})
    return digest, any(ours for _, ours in pushed.values())


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


def _index(image: Image, tag: str, members: dict[str, str]) -> str:
    """Put by ECR's API: it takes a manifest of manifests that it has, so nothing is pushed again."""
    document = json.dumps(index(members, ecr.manifests(image, list(members.values()))), separators=(",", ":"))
    refused = ecr.put(image, tag, document)
    digest = ecr.digest(image, tag)
    if digest is None:
        raise Fatal(f"the index of the image {image.name} was not put to {image.repository}:{tag}: {refused}")
    if refused:
        say(f"image {image.name}: the index {tag} was put by another build meanwhile, and is reused")
    return digest


def index(members: dict[str, str], manifests: dict[str, ecr.Manifest]) -> dict[str, Any]:
    """`members`: digests by platform; the same ones make the same bytes."""
    kinds = {each.media_type for each in manifests.values()}
    listed = [
        {
            "mediaType": manifests[digest].media_type,
            "size": manifests[digest].size,
            "digest": digest,
            "platform": {"architecture": platform, "os": "linux"},
        }
        for platform, digest in members.items()
    ]
    return {"schemaVersion": 2, "mediaType": LIST if kinds == {DOCKER} else INDEX, "manifests": listed}
