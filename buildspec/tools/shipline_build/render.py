"""What CodePipeline's EKS action applies: one file an environment, with the release's images by digest.

kubectl's kustomize reads all that is delivered, and sets the images in what it has read: it knows where containers
are. It is looked at afterwards: a reference to one of the images that is not this release's digest fails the build.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .fatal import Fatal
from .run import ask, say
from .settings import Settings

FOLDER = "rendered"  # of the release
SUFFIXES = (".yaml", ".yml", ".json")
WHERE = "kustomization.yaml"
# kustomize writes each key on a line of its own.
IMAGE = re.compile(r"^[ \t]*(?:- )*(?:image|reference):[ \t]+[\"']?(?P<image>[^\s\"'#]+)[\"']?[ \t]*$", re.MULTILINE)
REFERENCE = re.compile(
    r"(?P<name>(?:(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+|localhost)/)?"
    r"(?P<path>[a-z0-9._/-]+))(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@sha256:[0-9a-f]{64})?"
)
LOADED = ("--load-restrictor", "LoadRestrictionsRootOnly")


def write(settings: Settings, images: Mapping[str, Mapping[str, Any]]) -> None:
    """`rendered/ENVIRONMENT.yaml` of each environment, into the release."""
    for environment, items in settings.rendered.items():
        folder = settings.scratch / "render" / environment
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, (kind, path) in enumerate(items):
            _collect(settings.root, kind, path, folder, f"{number:02}")
        text = _with_digests(environment, folder, images)
        target = settings.release / FOLDER / f"{environment}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        say(f"environment {environment}: {target.relative_to(settings.release)} is what CodePipeline will apply")


def _collect(root: Path, kind: str, path: str, folder: Path, number: str) -> None:
    """What is delivered, as files of one folder."""
    place = root / path
    if not place.exists():
        raise Fatal(f"{path} is not in the commit, but pipeline.yaml needs it to deliver")
    if kind == "kustomize":
        (folder / f"{number}.yaml").write_text(_kustomize(place, path))
        return
    files = [place] if place.is_file() else sorted(each for each in place.rglob("*") if each.suffix in SUFFIXES)
    if not files:
        raise Fatal(f"{path} has no manifest ({', '.join(SUFFIXES)})")
    for position, file in enumerate(files):
        shutil.copyfile(file, folder / f"{number}-{position:04}-{file.stem}.yaml")


def _with_digests(environment: str, folder: Path, images: Mapping[str, Mapping[str, Any]]) -> str:
    resources = sorted(os.listdir(folder))
    read = _built(environment, folder, {"resources": resources})
    named = {_name(reference): image for reference, image in _references(read, images)}
    wanted = [
        {"name": name, "newName": image["repository"], "digest": image["digest"]}
        for name, image in sorted(named.items())
    ]
    text = _built(environment, folder, {"resources": resources, "images": wanted})
    for reference, image in _references(text, images):
        if reference != _pinned(image):
            raise Fatal(
                f"environment {environment}: {reference} is not the digest of this release, {_pinned(image)}: "
                "kustomize sets the images of containers and init containers alone. Write it there."
            )
    return text


def _built(environment: str, folder: Path, content: Mapping[str, Any]) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    (folder / WHERE).write_text(json.dumps({**head, **content}))  # JSON is YAML
    text = _kustomize(folder, f"environment {environment}")
    if not text.strip():
        raise Fatal(f"environment {environment}: there is no object in what is delivered: nothing would be deployed")
    return text


def _kustomize(folder: Path, what: str) -> str:
    done = ask(["kubectl", "kustomize", *LOADED, str(folder)])
    if done.returncode:
        raise Fatal(f"{what} cannot be rendered:\n{_told(done.stderr, folder)}")
    return done.stdout


def _told(text: str, folder: Path) -> str:
    """Without the places of this machine."""
    return text.strip().replace(f"{folder}/", "").replace(str(folder), ".")


def _references(text: str, images: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each reference to one of the images, by its name or its repository's path, whatever its host, tag and digest."""
    known = {path: image for name, image in images.items() for path in (image["repository"].partition("/")[2], name)}
    for found in IMAGE.finditer(text):
        reference = REFERENCE.fullmatch(found["image"])
        if reference and reference["path"] in known:
            yield found["image"], known[reference["path"]]


def _name(reference: str) -> str:
    """Without tag and digest, as kustomize looks for it."""
    found = REFERENCE.fullmatch(reference)
    assert found is not None
    return found["name"]


def _pinned(image: Mapping[str, Any]) -> str:
    return f"{image['repository']}@{image['digest']}"
