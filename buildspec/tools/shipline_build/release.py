"""Pushing what was built, signing it, and writing what is released: release.json and the files that go with it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import chart, plan, platforms, provenance, registry, render, sbom, signature
from .fatal import Fatal
from .plan import Planned
from .run import say, stream
from .settings import Image, Settings

SMOKE = "app/smoke_test.py"
FAILED = "the build failed before: nothing is pushed, nothing is released"


def run(settings: Settings) -> None:
    """Push and sign what was built, and write release.json; do nothing when the build has failed."""
    shutil.rmtree(settings.release, ignore_errors=True)
    settings.release.mkdir(parents=True)
    if not settings.succeeding:
        # CodeBuild uploads artifacts even now: with none, their absence would be told instead of the failure.
        (settings.release / "build-failed.txt").write_text(FAILED + "\n")
        say(FAILED)
        return
    planned = plan.read(settings)
    with ThreadPoolExecutor(max_workers=4) as pool:
        asked = {
            image.name: pool.submit(_released, image, planned.images[image.name], settings) for image in settings.images
        }
    images = {name: answer.result() for name, answer in asked.items()}
    charts = {each.name: chart.released(each, settings) for each in settings.charts}
    _carry(settings)
    render.write(settings, images)
    delivered = _digest(settings.release)
    document = {
        "schema": 1,
        "service": settings.service,
        **settings.commit,
        "author": planned.author,
        "images": images,
        **({"charts": charts} if charts else {}),
        **({"bases": dict(settings.bases)} if settings.bases else {}),
        "delivery": {"digest": f"sha256:{delivered}"},
        "scan": None,
        "sbom": sbom.write(settings, images) if settings.sbom else None,
    }
    (settings.release / "release.json").write_text(json.dumps(document, indent=2) + "\n")
    say(json.dumps(document, indent=2))
    if settings.signing:
        provenance.write(settings, settings.signing, {**images, **{f"chart {name}": charts[name] for name in charts}})


def _released(image: Image, planned: Planned, settings: Settings) -> dict[str, Any]:
    digest, built = planned.digest, False
    if digest is None:
        digest, built = platforms.push(image, planned.tag, _pushed)
    if settings.signing:
        signature.sign(image, digest, settings.signing.key)
    made = {"repository": image.repository, "tag": planned.tag, "digest": digest, "built": built}
    return {**made, **platforms.told(image, planned.tag)}


def _pushed(image: Image, tag: str) -> tuple[str, bool]:
    """The digest in the registry, and whether it is ours: another build of the same sources may have been first."""
    ran = stream(["docker", "push", f"{image.repository}:{tag}"], image.name)
    digest = registry.digest(image, tag)
    if digest is None:
        raise Fatal(f"the image {image.name} was not pushed to {image.repository}:{tag}:\n{ran.tail()}")
    if ran.status:
        say(f"image {image.name}: {tag} was pushed by another build of the same sources meanwhile, and is reused")
    return digest, ran.status == 0


def _carry(settings: Settings) -> None:
    """The delivery's files into the artifact, with their paths."""
    paths = [*settings.delivery, *([SMOKE] if (settings.root / SMOKE).is_file() else [])]
    for path in paths:
        source, target = settings.root / path, settings.release / path
        if not source.exists():
            raise Fatal(f"{path} is not in the commit, but pipeline.yaml needs it to deliver")
        if source.is_dir():
            shutil.copytree(
                source, target, symlinks=False, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for name, path in release_files(folder):
        data = path.read_bytes()
        kind = "program" if path.stat().st_mode & 0o111 else "file"
        total.update(f"{kind}\0{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


def release_files(folder: Path) -> Iterator[tuple[str, Path]]:
    found: list[Path] = [Path(root) / name for root, _, names in os.walk(folder) for name in names]
    for path in sorted(found):
        yield path.relative_to(folder).as_posix(), path
