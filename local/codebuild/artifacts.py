"""What a build leaves in S3: files picked by the buildspec, zipped with fixed times and order, or one by one.

Buildspec's artifacts + the build's own artifacts setting → files → S3, with the build's role.
"""

import hashlib
import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.codebuild.buildspec import Artifacts
from local.codebuild.environment import Clients
from local.codebuild.faults import PhaseFailure
from local.codebuild.patterns import base_folders, matching

Document = dict[str, Any]
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell
NOTHING = "no matching artifact paths found"


@dataclass(frozen=True)
class Picked:
    """One file on its way out: its name in the artifact, and where its bytes are."""

    name: str
    path: Path


def pick(declared: Artifacts, root: Path) -> list[Picked]:
    """The files of one artifact, sorted by name; PhaseFailure when there are none."""
    folders = base_folders(root, declared.base_directory or ".")
    if not folders:
        raise PhaseFailure("CLIENT_ERROR", "no matching base directory path found for build")
    found: dict[str, Path] = {}
    for folder in folders:
        for name in matching(folder, declared.files, declared.exclude_paths):
            path = folder / name
            if not (path.is_symlink() and declared.enable_symlinks):
                path = path.resolve()
                if not path.is_file():
                    continue  # a link to nowhere, or to a folder
            found[Path(name).name if declared.discard_paths else name] = path
    if not found:
        raise PhaseFailure("CLIENT_ERROR", NOTHING)
    return [Picked(name, found[name]) for name in sorted(found)]


def zipped(files: list[Picked]) -> bytes:
    """The same files give the same bytes: no times, no owners, modes 755 or 644."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in files:
            archive.writestr(*_entry(file))
    return buffer.getvalue()


def _entry(file: Picked) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(file.name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, so that the mode counts
    if file.path.is_symlink():
        info.external_attr = 0o120777 << 16
        return info, os.fsencode(os.readlink(file.path))
    info.external_attr = (0o100755 if file.path.stat().st_mode & 0o111 else 0o100644) << 16
    return info, file.path.read_bytes()


def upload(setting: Document, declared: Artifacts, root: Path, build_id: str, clients: Clients, name: str) -> Document:
    """Put one artifact where its setting says; gives BuildArtifacts. `name`: the buildspec's own, where it counts."""
    files = pick(declared, root)
    bucket, key = _target(setting, declared, build_id, name)
    answer = {"location": f"arn:aws:s3:::{bucket}/{key}"}
    if setting.get("artifactIdentifier"):
        answer["artifactIdentifier"] = setting["artifactIdentifier"]
    try:
        if setting["type"] == "CODEPIPELINE" or setting.get("packaging") == "ZIP":
            body = zipped(files)
            clients("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/zip")
            answer["sha256sum"] = hashlib.sha256(body).hexdigest()
            answer["md5sum"] = hashlib.md5(body, usedforsecurity=False).hexdigest()
        else:
            for file in files:
                clients("s3").put_object(
                    Bucket=bucket, Key=f"{key.rstrip('/')}/{file.name}", Body=file.path.read_bytes()
                )
    except ClientError as error:
        told = error.response["Error"]
        raise PhaseFailure(
            "CLIENT_ERROR", f"Error in UPLOAD_ARTIFACTS phase: {told.get('Code')}: {told.get('Message')}"
        ) from None
    return answer


def _target(setting: Document, declared: Artifacts, build_id: str, name: str) -> tuple[str, str]:
    """Bucket and key; a pipeline gives the whole location, a project gives path, namespace and name."""
    location = setting["location"].removeprefix("arn:aws:s3:::")
    bucket, _, prefix = location.partition("/")
    parts = [prefix, setting.get("path", "")]
    if setting.get("namespaceType") == "BUILD_ID":
        parts += [declared.s3_prefix, build_id.partition(":")[2]]
    parts.append(name or setting.get("name", ""))
    key = "/".join(part.strip("/") for part in parts if part.strip("/"))
    if not key:
        raise PhaseFailure("CLIENT_ERROR", f"the artifacts have no name in the bucket {bucket}")
    return bucket, key
