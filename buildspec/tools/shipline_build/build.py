"""Building the images that are not there yet. Nothing is pushed here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import emulation, plan
from .cache import Builder, builder
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
PLAIN = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}  # an image is an image alone, never an index with statements about it


def run(settings: Settings) -> None:
    """Build the images that the registry does not have yet."""
    planned = plan.read(settings).images
    missing = [image for image in settings.images if planned[image.name].digest is None]
    if not missing:
        say("nothing to build: no image has changed")
    emulation.prepare(settings, missing)
    by = builder(settings) if missing else Builder()
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        problems = list(pool.map(lambda image: _build(image, planned[image.name], settings, by), missing))
    failed = [problem for problem in problems if problem]
    if failed:
        raise Fatal("\n".join(failed))


def _build(image: Image, planned: Planned, settings: Settings, by: Builder) -> str:
    """Empty when the engine has the image now, else what went wrong."""
    found = content(image, settings.root, settings.build_args, planned.files)
    if not _unchanged(found, planned.tag.removeprefix(settings.tags)):
        return f"the tests changed the sources of the image {image.name}: they may add files, but not change any"
    for platform, tag in tags(image, planned.tag).items():
        label = f"{image.name} {platform}".rstrip()
        try:
            argv = [*by.command, "--file", found.dockerfile, "--tag", f"{image.repository}:{tag}"]
            argv += [*platform_arguments(platform), *by.arguments(image, platform)]
            ran = _docker(argv, found, label, settings)
        except Fatal as error:
            return f"the image {image.name} is not built: {error}"
        if ran.status:
            return f"the image {label} does not build ({image.context}/{found.dockerfile}):\n{ran.tail(4)}"
    return ""


def _docker(argv: list[str], found: Content, label: str, settings: Settings) -> Ran:
    """`argv` without the arguments and secrets, which the content has."""
    arguments = [part for name, value in found.args.items() for part in ("--build-arg", f"{name}={value}")]
    with given(found.secrets, settings.scratch) as secrets:
        defaults = {**(BUILDKIT if secrets.arguments else {}), **PLAIN}
        argv = [*argv, *arguments, *secrets.arguments, "-"]
        return stream(argv, label, found.archive(), defaults, secrets.values)


def _unchanged(found: Content, tag: str) -> bool:
    try:
        return found.tag == tag
    except FileNotFoundError:
        return False
