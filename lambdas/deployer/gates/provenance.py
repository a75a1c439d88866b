"""The build's provenance of an artifact: DSSE around SLSA's statement, held against what the artifact holds.

parse(folder)                                  -> Envelope: what was signed, and signatures; Fatal when there is none
disagreements(envelope, release, sign, folder) -> what the statement says otherwise than the artifact and the target

The statement names every file and every image: what was changed, added or taken away since the build shows.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployer.errors import Fatal
from deployer.release import Release
from deployer.target import Sign
from deployer.values import dataclass

NAME = "provenance.json"
KIND = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
LARGEST = 16 * 1024 * 1024  # bytes
MOST_SIGNATURES = 4
REMEDY = "Release anew: the build writes and signs it."


@dataclass(frozen=True)
class Envelope:
    body: bytes
    signatures: tuple[bytes, ...]

    @property
    def message(self) -> bytes:
        """What DSSE signs: the kind of the payload is a part of it."""
        return b"DSSEv1 %d %s %d %s" % (len(KIND), KIND.encode(), len(self.body), self.body)


def parse(folder: Path) -> Envelope:
    path = folder / NAME
    if not path.is_file():
        raise Fatal("it is not in the artifact.", subject=NAME, remedy=REMEDY)
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST} bytes")
        found = json.loads(path.read_bytes())
        if found["payloadType"] != KIND:
            raise ValueError(f"its payload is {found['payloadType']!r}")
        signatures = tuple(_bytes(each["sig"]) for each in found["signatures"][:MOST_SIGNATURES])
        return Envelope(_bytes(found["payload"]), signatures)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Fatal(f"it cannot be read: {error!r}.", subject=NAME, remedy=REMEDY) from error


def disagreements(envelope: Envelope, release: Release, sign: Sign, folder: Path) -> list[str]:
    try:
        said = json.loads(envelope.body)
        if (said["_type"], said["predicateType"]) != (STATEMENT, PREDICATE):
            return [f"it is a {said['predicateType']}, not a {PREDICATE}"]
        subjects = {str(each["name"]): str(each["digest"]["sha256"]) for each in said["subject"]}
        told = _told(said["predicate"])
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        return [f"it is not a provenance: {error!r}"]
    expected = {
        "commit": release.commit,
        "source": sign.source,
        "repository": sign.source,
        "branch": release.branch,
        "pipeline": release.service,
        "builder": sign.builder,
    }
    other = [f"its {key} is {told[key]!r}, not {value!r}" for key, value in expected.items() if told[key] != value]
    return [*other, *_images(subjects, release), *_files(subjects, release, folder)]


def _told(predicate: Mapping[str, Any]) -> dict[str, str]:
    definition = predicate["buildDefinition"]
    source, *_ = definition["resolvedDependencies"]  # then the base images
    (commit,) = source["digest"].values()
    return {
        "commit": commit,
        "source": source["uri"],
        **{key: definition["externalParameters"][key] for key in ("repository", "branch", "pipeline")},
        "builder": predicate["runDetails"]["builder"]["id"],
    }


def _images(subjects: Mapping[str, str], release: Release) -> Iterator[str]:
    for kind, named in (("image", release.images), ("chart", release.charts)):
        for image in named.values():
            if f"sha256:{subjects.get(image.repository)}" != image.digest:
                yield f"it does not name the {kind} {image.pinned}"


def _files(subjects: Mapping[str, str], release: Release, folder: Path) -> Iterator[str]:
    """A hidden file may be missing: whoever packs an artifact may leave those out."""
    there = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    there.pop(NAME, None)
    for name, path in there.items():
        if subjects.get(name) != hashlib.sha256(path.read_bytes()).hexdigest():
            yield f"{name} is not what the build made" if name in subjects else f"{name} is not from the build"
    images = {image.repository for image in (*release.images.values(), *release.charts.values())}
    for name in sorted(subjects.keys() - there.keys() - images):
        if not any(part.startswith(".") for part in name.split("/")):
            yield f"{name} is missing"


def _bytes(text: Any) -> bytes:
    return base64.b64decode(str(text), validate=True)
