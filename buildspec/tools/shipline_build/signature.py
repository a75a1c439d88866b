"""Signatures of images in the format of cosign, beside the images that they are of.

The payload names the repository and the digest; its signature is an annotation of the layer that holds it. All
signatures of an image are layers of one manifest, whose tag is made from the image's digest. `cosign verify --key`
reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from . import kms
from .oci import MANIFEST, Registry, manifest_of
from .run import say
from .settings import Image

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
MOST = 8  # signatures that are kept: the newest


def sign(image: Image, digest: str, key: str) -> bool:
    """See to it that the image has this key's signature; whether it is a new one."""
    message, tag = payload(image.repository, digest), tag_of(digest)
    found = _layers(manifest_of(image, tag))
    if any(_holds(layer, message, key) for layer in found):
        say(f"image {image.name}: it is signed already")
        return False
    layer = _descriptor(PAYLOAD, message, {ANNOTATION: kms.sign(key, message)})
    layers = [*found, layer][-MOST:]
    registry = Registry.of(image)
    config = _config([str(each["digest"]) for each in layers])
    for blob in (message, config):
        registry.upload(blob)
    registry.put(tag, _manifest(_descriptor(CONFIG, config), layers))
    say(f"image {image.name}: signed as {image.repository}:{tag}")
    return True


def payload(repository: str, digest: str) -> bytes:
    """The same bytes for the same image, and those that cosign itself would sign."""
    said = {
        "critical": {
            "identity": {"docker-reference": repository},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def tag_of(digest: str) -> str:
    return f"{digest.replace(':', '-')}.sig"


def _layers(manifest: str | None) -> list[dict[str, Any]]:
    """Those of the signatures that are there; what is none is no signature."""
    try:
        found = json.loads(manifest or "{}").get("layers") or []
    except (ValueError, AttributeError):
        return []
    return [each for each in found if isinstance(each, dict) and each.get("mediaType") == PAYLOAD]


def _holds(layer: dict[str, Any], message: bytes, key: str) -> bool:
    signature = (layer.get("annotations") or {}).get(ANNOTATION)
    return layer.get("digest") == _digest(message) and bool(signature) and kms.holds(key, message, str(signature))


def _manifest(config: dict[str, Any], layers: Sequence[dict[str, Any]]) -> bytes:
    said = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": list(layers)}
    return json.dumps(said, separators=(",", ":")).encode()


def _config(layers: Sequence[str]) -> bytes:
    said = {"architecture": "", "config": {}, "os": "", "rootfs": {"type": "layers", "diff_ids": list(layers)}}
    return json.dumps(said, separators=(",", ":")).encode()


def _descriptor(kind: str, data: bytes, annotations: dict[str, str] | None = None) -> dict[str, Any]:
    said = {"mediaType": kind, "size": len(data), "digest": _digest(data)}
    return {**said, "annotations": annotations} if annotations else said


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
