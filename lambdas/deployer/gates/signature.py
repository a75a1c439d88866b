"""Whether an image carries the signature of the environment's key, in the format of cosign. Pure.

An image's signatures are layers of one manifest, whose tag anybody who may push can move. So nothing of it is believed
but this: what has to be signed is known here, byte by byte, and KMS says whether the key has signed it. Whatever the
manifest holds beside that, such as signatures of others, means nothing.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from deployer.bump.references import Image

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
MOST_TRIED = 8  # signatures of one image
LONGEST = 1024  # characters of one

Holds = Callable[[bytes, bytes], bool]  # (message, signature): whether the key has signed it


def wrong(image: Image, manifest: str | None, holds: Holds) -> str:
    """What is wrong with an image's signatures; empty when one of them is the key's. `manifest` is None of none."""
    if manifest is None:
        return f"there is no {tag_of(image)} in its repository"
    try:
        layers = list(_layers(manifest))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return f"its {tag_of(image)} cannot be read"
    message = payload(image)
    digest = f"sha256:{hashlib.sha256(message).hexdigest()}"
    own = [signature for told, signature in layers if told == digest][-MOST_TRIED:]
    if not own:
        return f"its {tag_of(image)} is not of {image.path} and this digest: the tag was moved, or holds something else"
    if not any(holds(message, each) for each in map(_decoded, own) if each):
        return f"its {tag_of(image)} was signed by another key, or was changed"
    return ""


def tag_of(image: Image) -> str:
    return f"{image.digest.replace(':', '-')}.sig"


def payload(image: Image) -> bytes:
    """What the build signs, and cosign would: this digest in this repository."""
    said = {
        "critical": {
            "identity": {"docker-reference": image.repository},
            "image": {"docker-manifest-digest": image.digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def _layers(manifest: str) -> Iterator[tuple[str, str]]:
    """(digest of what was signed, signature)"""
    found: Any = json.loads(manifest)
    for layer in found.get("layers") or ():
        if layer.get("mediaType") == PAYLOAD:
            yield str(layer.get("digest")), str((layer.get("annotations") or {}).get(ANNOTATION) or "")


def _decoded(signature: str) -> bytes:
    """Empty for what is none."""
    if len(signature) > LONGEST:
        return b""
    try:
        return base64.b64decode(signature, validate=True)
    except ValueError:
        return b""
