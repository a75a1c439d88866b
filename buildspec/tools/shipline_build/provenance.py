"""What was built from what, by whom and when: SLSA's provenance, signed as DSSE, beside release.json.

Its subjects are the images and every file of the artifact, release.json among them: of what is signed nothing can be
changed, and nothing can be added to it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from . import kms
from .fatal import Fatal
from .run import say
from .settings import Settings, Signing

NAME = "provenance.json"
KIND = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://shipline.dev/codebuild/v1"
BUILD = re.compile(r"(arn:[^:]+:codebuild:[^:]+:[^:]+):build/([^:]+):.+")


def write(settings: Settings, signing: Signing, images: Mapping[str, Mapping[str, Any]]) -> None:
    """After all else is in the artifact."""
    said = statement(settings, signing, images, time.time())
    body = json.dumps(said, separators=(",", ":")).encode()
    envelope = {
        "payload": base64.b64encode(body).decode(),
        "payloadType": KIND,
        "signatures": [{"keyid": signing.key, "sig": kms.sign(signing.key, encoded(body))}],
    }
    (settings.release / NAME).write_text(json.dumps(envelope, indent=2) + "\n")
    say(f"provenance: {len(said['subject'])} subjects, signed")


def encoded(body: bytes) -> bytes:
    """What DSSE signs: the kind of the payload is a part of it."""
    return b"DSSEv1 %d %s %d %s" % (len(KIND), KIND.encode(), len(body), body)


def statement(
    settings: Settings, signing: Signing, images: Mapping[str, Mapping[str, Any]], now: float
) -> dict[str, Any]:
    commit = settings.commit
    return {
        "_type": STATEMENT,
        "subject": [*_images(images), *_files(settings.release)],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "repository": signing.source,
                    "branch": commit["branch"],
                    "pipeline": settings.service,
                },
                "internalParameters": {"execution": signing.execution},
                "resolvedDependencies": [
                    {"uri": signing.source, "digest": {_kind(signing.source): commit["commit"]}},
                    *_bases(settings.bases.values()),
                ],
            },
            "runDetails": {
                "builder": {"id": _builder(signing.build)},
                "metadata": {
                    "invocationId": signing.build,
                    "startedOn": _time(signing.started),
                    "finishedOn": _time(now),
                },
            },
        },
    }


def _builder(build: str) -> str:
    """The project, of one of its builds."""
    found = BUILD.match(build)
    if found is None:
        raise Fatal(f"CODEBUILD_BUILD_ARN is not the ARN of a build: {build}")
    return f"{found[1]}:project/{found[2]}"


def _kind(source: str) -> str:
    """What names a state of the sources."""
    return "s3VersionId" if source.startswith("s3://") else "gitCommit"


def _bases(references: Iterable[str]) -> Iterator[dict[str, Any]]:
    for reference in references:
        repository, _, digest = reference.partition("@sha256:")
        yield {"uri": f"oci://{repository}", "digest": {"sha256": digest}}


def _images(images: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for _, image in sorted(images.items()):
        yield {"name": image["repository"], "digest": {"sha256": image["digest"].partition(":")[2]}}


def _files(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield {"name": path.relative_to(folder).as_posix(), "digest": {"sha256": digest}}


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
