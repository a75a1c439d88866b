"""What the registry that an image is pushed to knows of it."""

from __future__ import annotations

from . import ecr, harbor
from .settings import Image


def digest(image: Image, tag: str) -> str | None:
    """The digest behind the tag; None when nobody has pushed it."""
    return ecr.digest(image, tag) if image.robot is None else harbor.digest(image, tag)
