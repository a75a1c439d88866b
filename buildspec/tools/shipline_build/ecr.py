"""What ECR knows of an image. ECR's word is the only one: engines tell other digests."""

from __future__ import annotations

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
