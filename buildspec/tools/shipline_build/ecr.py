"""What ECR knows of an image. ECR's word is the only one: engines tell other digests."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .fatal import Fatal
from .run import ask
from .settings import Image


def digest(image: Image, tag: str) -> str | None:
    """The digest behind the tag; None when nobody has pushed it."""
    asked = ask(
        [
            "aws", "ecr", "describe-images",
            "--registry-id", image.account,
            "--region", image.region,
            "--repository-name", image.repository_name,
            "--image-ids", f"imageTag={tag}",
            "--query", "imageDetails[0].imageDigest",
            "--output", "text",
        ]
    )  # fmt: skip
    if asked.returncode == 0:
        found = asked.stdout.strip()
        return found if found.startswith("sha256:") else None
    if "ImageNotFoundException" in asked.stderr:
        return None
    raise Fatal(f"cannot ask ECR about {image.repository}:{tag}: {asked.stderr.strip()}")


@dataclass(frozen=True)
class Manifest:
    media_type: str
    size: int  # bytes


def manifests(image: Image, digests: list[str]) -> dict[str, Manifest]:
    """Of images of the repository, by digest; Fatal when one is not there."""
    asked = ask(
        [
            "aws", "ecr", "batch-get-image", *_where(image),
            "--image-ids", *(f"imageDigest={digest}" for digest in digests),
            "--query", "images[].[imageId.imageDigest,imageManifestMediaType,imageManifest]",
            "--output", "json",
        ]
    )  # fmt: skip
    if asked.returncode:
        raise Fatal(f"cannot ask ECR for the manifests of {image.repository}: {asked.stderr.strip()}")
    found = {digest: Manifest(kind, len(text.encode())) for digest, kind, text in json.loads(asked.stdout)}
    if set(digests) - set(found):
        raise Fatal(f"ECR does not have {', '.join(sorted(set(digests) - set(found)))} of {image.repository}")
    return found


def put(image: Image, tag: str, manifest: str) -> str:
    """Empty when ECR took the manifest under the tag, else its words."""
    kind = json.loads(manifest)["mediaType"]
    asked = ask(
        [
            "aws", "ecr", "put-image", *_where(image),
            "--image-tag", tag,
            "--image-manifest", manifest,
            "--image-manifest-media-type", kind,
        ]
    )  # fmt: skip
    return asked.stderr.strip() if asked.returncode else ""


def _where(image: Image) -> list[str]:
    return ["--registry-id", image.account, "--region", image.region, "--repository-name", image.repository_name]
