"""Building the images that are not there yet. Nothing is pushed here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import plan
from .content import Content, content
from .fatal import Fatal
from .plan import Planned
from .run import Ran, say, stream
from .secret import given
from .settings import Image, Settings

AT_ONCE = 2
BUILDKIT = {"DOCKER_BUILDKIT": "1"}  # what takes secrets; docker before 23 has to be asked for it


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
    if not _unchanged(found, planned.tag.removeprefix(settings.tags)):
        return f"the tests changed the sources of the image {image.name}: they may add files, but not change any"
    try:
        ran = _docker(found, f"{image.repository}:{planned.tag}", image.name, settings)
    except Fatal as error:
        return f"the image {image.name} is not built: {error}"
    if ran.status:
        return f"the image {image.name} does not build ({image.context}/{found.dockerfile}):\n{ran.tail(4)}"
    return ""


def _docker(found: Content, reference: str, label: str, settings: Settings) -> Ran:
    arguments = [part for name, value in found.args.items() for part in ("--build-arg", f"{name}={value}")]
    with given(found.secrets, settings.scratch) as secrets:
        argv = ["docker", "build", "--file", found.dockerfile, "--tag", reference, *arguments, *secrets.arguments, "-"]
        return stream(argv, label, found.archive(), BUILDKIT if secrets.arguments else None, secrets.values)


def _unchanged(found: Content, tag: str) -> bool:
    try:
        return found.tag == tag
    except FileNotFoundError:
        return False
