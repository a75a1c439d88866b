"""Building the images that are not there yet. Nothing is pushed here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import emulation, plan
from .content import Content, content
from .fatal import Fatal
from .plan import Planned
from .platforms import arguments as platform_arguments
from .platforms import tags
from .run import Ran, say, stream
from .secret import given
from .settings import Image, Settings

AT_ONCE = 2
BUILDKIT = {"DOCKER_BUILDKIT": "1"}  # what takes secrets; docker before 23 has to be asked for it
PLAIN = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}  # an image for an index is an image alone, never an index of its own


def run(settings: Settings) -> None:
    """Build the images that ECR does not have yet."""
    planned = plan.read(settings).images
    missing = [image for image in settings.images if planned[image.name].digest is None]
    if not missing:
        say("nothing to build: no image has changed")
    emulation.prepare(settings, missing)
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
    for platform, tag in tags(image, planned.tag).items():
        label = f"{image.name} {platform}".rstrip()
        try:
            ran = _docker(found, f"{image.repository}:{tag}", label, settings, platform)
        except Fatal as error:
            return f"the image {image.name} is not built: {error}"
        if ran.status:
            return f"the image {label} does not build ({image.context}/{found.dockerfile}):\n{ran.tail(4)}"
    return ""


def _docker(found: Content, reference: str, label: str, settings: Settings, platform: str) -> Ran:
    arguments = [part for name, value in found.args.items() for part in ("--build-arg", f"{name}={value}")]
    arguments += platform_arguments(platform)
    with given(found.secrets, settings.scratch) as secrets:
        argv = ["docker", "build", "--file", found.dockerfile, "--tag", reference, *arguments, *secrets.arguments, "-"]
        defaults = {**(BUILDKIT if secrets.arguments else {}), **(PLAIN if platform else {})}
        return stream(argv, label, found.archive(), defaults, secrets.values)


def _unchanged(found: Content, tag: str) -> bool:
    try:
        return found.tag == tag
    except FileNotFoundError:
        return False
