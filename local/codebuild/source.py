"""A build's sources in their folders: the primary one and the secondary ones, each from its own place.

CODEPIPELINE and S3 are zips (or a folder) in S3, read with the build's role; NO_SOURCE is an empty folder.
"""

import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from local.codebuild.environment import Clients
from local.codebuild.faults import PhaseFailure

Document = dict[str, Any]
Fetch = Callable[[Document, Path, Clients], None]


def fetch(source: Document, version: str, folder: Path, clients: Clients) -> None:
    """Fill `folder`; `version` is an S3 object's version, or empty."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = source["type"]
    if kind == "NO_SOURCE":
        return
    if kind not in ("S3", "CODEPIPELINE"):
        raise PhaseFailure(
            "CLIENT_ERROR",
            f"the source type {kind} is not on this machine: builds take their source from a pipeline, from S3, "
            "or have none",
        )
    bucket, key = location(source.get("location", ""))
    if key.endswith("/"):
        _folder(bucket, key, folder, clients("s3"))
    else:
        _archive(bucket, key, version, folder, clients("s3"))


def location(text: str) -> tuple[str, str]:
    """Bucket and key of `bucket/key` or `arn:aws:s3:::bucket/key`."""
    bucket, _, key = text.removeprefix("arn:aws:s3:::").partition("/")
    if not bucket or not key:
        raise PhaseFailure("CLIENT_ERROR", f"the source location {text!r} is not bucket/key")
    return bucket, key


def _archive(bucket: str, key: str, version: str, folder: Path, s3: Any) -> None:
    request = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    archive = folder.parent / f"{folder.name}.zip"
    try:
        body = s3.get_object(**request)["Body"]
    except ClientError as error:
        raise _unread(f"{bucket}/{key}", error) from None
    with archive.open("wb") as target:
        for piece in body.iter_chunks(1 << 20):
            target.write(piece)
    try:
        unpack(archive, folder)
    finally:
        archive.unlink()


def _folder(bucket: str, prefix: str, folder: Path, s3: Any) -> None:
    try:
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix))
        for page in pages:
            for found in page.get("Contents", []):
                target = _inside(folder, found["Key"].removeprefix(prefix))
                if not found["Key"].endswith("/"):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    s3.download_file(bucket, found["Key"], str(target))
    except ClientError as error:
        raise _unread(f"{bucket}/{prefix}", error) from None


def _unread(what: str, error: ClientError) -> PhaseFailure:
    told = error.response["Error"]
    return PhaseFailure(
        "CLIENT_ERROR", f"error while downloading key {what}: {told.get('Code')}: {told.get('Message')}"
    )


def unpack(archive: Path, folder: Path) -> None:
    """A zip's files with their modes and symbolic links; nothing may land, or point, outside of the folder."""
    try:
        with zipfile.ZipFile(archive) as opened:
            links = [info for info in opened.infolist() if stat.S_ISLNK(info.external_attr >> 16)]
            for info in opened.infolist():
                if info not in links:
                    _member(opened, info, folder)
            # Links come last, so that no file is ever written through one.
            for info in links:
                _link(opened, info, folder)
    except zipfile.BadZipFile as error:
        raise PhaseFailure("CLIENT_ERROR", f"the source is not a zip archive: {error}") from None


def _member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path) -> None:
    target = _inside(folder, info.filename)
    if info.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(info) as member, target.open("wb") as file:
        while piece := member.read(1 << 20):
            file.write(piece)
    mode = info.external_attr >> 16
    target.chmod(0o755 if mode & 0o111 else 0o644)


def _link(opened: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path) -> None:
    path = _inside(folder, info.filename)
    target = opened.read(info).decode()
    landing = os.path.normpath(os.path.join(os.path.dirname(info.filename), target))
    if os.path.isabs(target) or landing == ".." or landing.startswith("../"):
        raise PhaseFailure("CLIENT_ERROR", f"the source's link {info.filename} points outside of it: {target}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise PhaseFailure("CLIENT_ERROR", f"the source holds a path outside of it: {name}")
    return folder.joinpath(*path.parts)
