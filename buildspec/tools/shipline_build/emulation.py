"""What a build needs to run another processor's programs: QEMU, registered in the kernel by binfmt_misc.

Only a RUN asks for it, and not one of a stage that is `FROM --platform=$BUILDPLATFORM`, where compilers make programs
for other processors. What is emulated is several times slower.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from pathlib import Path

from .fatal import Fatal
from .run import say, stream
from .settings import Image, Settings

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
HANDLERS = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
REGISTERED = Path("/proc/sys/fs/binfmt_misc")
INSTALLER = "tonistiigi/binfmt:qemu-v10.2.3@sha256:400a4873b838d1b89194d982c45e5fb3cda4593fbfd7e08a02e76b03b21166f0"
INSTRUCTION = re.compile(r"^[ \t]*(FROM|RUN)[ \t]+(.*)$", re.MULTILINE | re.IGNORECASE)
CONTINUED = re.compile(r"\\[ \t]*\r?\n")
COMMENT = re.compile(r"^[ \t]*#.*(\n|$)", re.MULTILINE)


def prepare(settings: Settings, images: list[Image]) -> None:
    """See to it that what these images RUN for other processors can run; Fatal names the first that cannot."""
    own = MACHINES.get(platform.machine(), platform.machine())
    wanted: dict[str, str] = {}  # the first image that asks, by processor
    for image in images:
        for each in image.platforms:
            if each != own and _runs(settings, image):
                wanted.setdefault(each, image.name)
    for each, name in wanted.items():
        if not (REGISTERED / HANDLERS[each]).exists():
            _install(each, own, name)


def _install(processor: str, own: str, image: str) -> None:
    say(f"image {image}: its Dockerfile runs programs for {processor}, and this machine is {own}: QEMU is registered")
    ran = stream(["docker", "run", "--privileged", "--rm", INSTALLER, "--install", processor], "emulation")
    if ran.status:
        raise Fatal(
            f"the Dockerfile of the image {image} runs programs for {processor}, which this machine ({own}) cannot, "
            f"and no emulation can be had:\n{ran.tail(4)}\n"
            "Build with FROM --platform=$BUILDPLATFORM and COPY the result, or leave the platform out."
        )


def _runs(settings: Settings, image: Image) -> bool:
    dockerfile = settings.root / image.context / image.dockerfile
    return dockerfile.is_file() and runs_foreign(dockerfile.read_text(errors="replace"))


def runs_foreign(dockerfile: str) -> bool:
    """Whether a RUN is in a stage of the image's own platform."""
    native: set[str] = set()  # stages of the machine that builds
    here = False
    for word, rest in _instructions(dockerfile):
        if word == "RUN":
            if not here:
                return True
            continue
        options = [part for part in rest if part.startswith("--")]
        base, *names = [part.lower() for part in rest if not part.startswith("--")] or [""]
        asked = [part for part in options if part.startswith("--platform=")]
        here = "BUILDPLATFORM" in asked[0] if asked else base in native
        if here:
            native.update(names[1:])  # behind AS
    return False


def _instructions(dockerfile: str) -> Iterator[tuple[str, list[str]]]:
    text = CONTINUED.sub(" ", COMMENT.sub("", dockerfile))
    for found in INSTRUCTION.finditer(text):
        yield found[1].upper(), found[2].split()
