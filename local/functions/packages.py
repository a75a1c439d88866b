"""Zips on disk: each code package and each combination of layers is unpacked once, under the hash of its bytes."""

import hashlib
import os
import shutil
import stat
import tempfile
import threading
import zipfile
from io import BytesIO
from pathlib import Path

from local.functions.errors import BadPackage
from local.functions.function import Package

READABLE = 0o444
SEARCHABLE = 0o755


class Packages:
    """`folder` may be emptied whenever no function runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def code(self, package: Package) -> Path:
        return self._unpacked("code", package.digest, (package,))

    def layers(self, packages: tuple[Package, ...]) -> Path:
        """One folder with all layers, later ones over earlier ones; empty when there is none."""
        digest = hashlib.sha256(" ".join(each.digest for each in packages).encode()).hexdigest()
        return self._unpacked("layers", digest, packages)

    def _unpacked(self, kind: str, digest: str, packages: tuple[Package, ...]) -> Path:
        target = self._folder / kind / digest
        with self._lock:  # two first invocations at once unpack once
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                scratch = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=target.parent))
                try:
                    for package in packages:
                        unpack(package.content, scratch)
                    scratch.chmod(SEARCHABLE)
                    scratch.rename(target)
                except BaseException:
                    shutil.rmtree(scratch, ignore_errors=True)
                    raise
        return target


def unpack(content: bytes, target: Path) -> None:
    """A zip's files with their modes and symbolic links, none outside of `target`; all readable for every user."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist():
                _extract(archive, entry, target)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadPackage(
            f"Could not unzip uploaded file. Please check your file, then try to upload again. ({error})"
        ) from error


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        _link(archive.read(entry).decode(), target / entry.filename, target)
        return
    # zipfile itself keeps names within the target; a link made before could lead out of it.
    if not (target / entry.filename).parent.resolve().is_relative_to(target.resolve()):
        raise zipfile.BadZipFile(f"{entry.filename} leads out of the package")
    path = Path(archive.extract(entry, target))
    path.chmod(SEARCHABLE if entry.is_dir() else (stat.S_IMODE(mode) | READABLE) & ~0o7000)
    for parent in path.relative_to(target).parents:
        (target / parent).chmod(SEARCHABLE)


def _link(destination: str, path: Path, target: Path) -> None:
    inside = Path(os.path.normpath(path.parent / destination))
    if not inside.is_relative_to(target) or not path.parent.resolve().is_relative_to(target.resolve()):
        raise zipfile.BadZipFile(f"{path.name} leads out of the package")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(destination)
