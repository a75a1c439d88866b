"""Building the images that are not there yet. Nothing is pushed here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import plan
from .content import Content, content
from .fatal import Fatal
from .plan import Planned
from .run import say, stream
from .settings import Image, Settings

AT_ONCE = 2


def run(settings: Settings) -> None:
    """Build the images that ECR does not have yet."""
    planned = plan.read(settings).images
    missing = [image for image in settings.images if planned[image.name].digest is None]
    if not missing:
        say("nothing to build: no image has changed")
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        problems = list(pool.map(lambda image: _build(image, planned[image.name], settings), missing))
    failed = [problem for problem in problems if problem]
    if failed:
        raise Fatal("\n".join(failed))


def _build(image: Image, planned: Planned, settings: Settings) -> str:
    """Empty when the engine has the image now, else what went wrong."""
    found = content(image, settings.root, settings.build_args, planned.files)
    if not _unchanged(found, planned.tag):
        return f"the tests changed the sources of the image {image.name}: they may add files, but not change any"
    arguments = [part for name, value in found.args.items() for part in ("--build-arg", f"{name}={value}")]
    ran = stream(
        ["docker", "build", "--file", found.dockerfile, "--tag", f"{image.repository}:{planned.tag}", *arguments, "-"],
        image.name,
        found.archive(),
    )
    if ran.status:
        return f"the image {image.name} does not build ({image.context}/{found.dockerfile}):\n{ran.tail(4)}"
    return ""


def _unchanged(found: Content, tag: str) -> bool:
    try:
        return found.tag == tag
    except FileNotFoundError:
        return False
