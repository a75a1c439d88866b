"""Layers of builds before, kept in ECR beside the image: a tag `cache-…`, the only ones of a repository that may move.

BuildKit reads and writes them in a container of its own, since the engine's own BuildKit exports none. Where there is
no such container, as on an engine that keeps its layers itself, an image is built without: only the time differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from .run import ask, say
from .settings import Image, Settings

BUILDKIT = "moby/buildkit:v0.33.1@sha256:cec9f139f45e93c5c69c60f8b07cfad9f43f4ef6b6a6cd917527fea5ff2e3dea"
NAME = "shipline"
EXPORT = "mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"  # what ECR takes, and never needs


@dataclass(frozen=True)
class Builder:
    """How images are built: `cached` by a builder of BuildKit's, else by the engine."""

    cached: bool = False

    @property
    def command(self) -> list[str]:
        return ["docker", "buildx", "build", "--builder", NAME, "--load"] if self.cached else ["docker", "build"]

    def arguments(self, image: Image, platform: str) -> list[str]:
        if not self.cached:
            return []
        place = f"type=registry,ref={image.repository}:cache-{platform or 'default'}"
        return ["--cache-from", place, "--cache-to", f"{place},{EXPORT}"]


def builder(settings: Settings) -> Builder:
    """What the build asks for, or the engine where that cannot be had; the log says why."""
    if not settings.cache:
        return Builder()
    made = ask(
        [
            "docker", "buildx", "create",
            "--name", NAME,
            "--driver", "docker-container",
            "--driver-opt", f"image={BUILDKIT}",
            "--bootstrap",
        ]
    )  # fmt: skip
    if made.returncode:
        say(f"layers of builds before are not used: {made.stderr.strip()}")
        return Builder()
    return Builder(cached=True)
