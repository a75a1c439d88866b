"""What an image is made from: its context's files with their modes, its Dockerfile, its arguments, its secrets' names,
and the platforms that it is for.

The same walk gives the hash that names the image and the archive that Docker builds from, so that nothing is in
an image that is not in its name: no times, no owners, no files that tests left behind.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .fatal import Fatal
from .ignore import excluded, rules
from .settings import Image

LENGTH = 16  # of the hash in a tag
ARG = re.compile(rb"^[ \t]*ARG[ \t]+([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE | re.IGNORECASE)
OWN = ".shipline"  # where the build's own results go: never a part of a context


@dataclass(frozen=True)
class Content:
    """`files` are relative to `context`, sorted; `args` are those that reach the Dockerfile. `secrets` are
    references: their values are no part of an image, so a new value makes no new one."""

    context: Path
    dockerfile: str
    files: list[str]
    args: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        return f"src-{self.digest()[:LENGTH]}"

    def digest(self) -> str:
        """FileNotFoundError when a file went away since the look."""
        total = hashlib.sha256()
        for part in (self.dockerfile, *(f"{name}={value}" for name, value in sorted(self.args.items()))):
            total.update(b"arg\0" + part.encode() + b"\0")
        for name, reference in sorted(self.secrets.items()):
            total.update(f"secret\0{name}={reference}\0".encode())
        for platform in self.platforms:
            total.update(f"platform\0{platform}\0".encode())
        for name in self.files:
            kind, data = _entry(self.context / name)
            total.update(f"{kind}\0{name}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            total.update(data)
        return total.hexdigest()

    def archive(self) -> bytes:
        """A tar of the context, the same bytes for the same content."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name in self.files:
                kind, data = _entry(self.context / name)
                info = tarfile.TarInfo(name)
                if kind == "link":
                    info.type, info.linkname = tarfile.SYMTYPE, os.fsdecode(data)
                    archive.addfile(info)
                    continue
                info.mode = 0o755 if kind == "program" else 0o644
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return buffer.getvalue()


def content(image: Image, root: Path, build_args: Mapping[str, str], files: list[str] | None = None) -> Content:
    """Fatal when the context or the Dockerfile is not there. `files` are those of an earlier look, if there was one."""
    context = root / image.context
    where = f"the image {image.name} (pipeline.yaml: images)"
    if not context.is_dir():
        raise Fatal(f"{where}: its context {image.context} is not a folder of the commit that is built")
    dockerfile = os.path.normpath(image.dockerfile)
    if not (context / dockerfile).is_file():
        raise Fatal(f"{where}: there is no {os.path.normpath(os.path.join(image.context, dockerfile))}")
    declared = {name.decode() for name in ARG.findall((context / dockerfile).read_bytes())}
    args: dict[str, str] = {name: value for name, value in build_args.items() if name in declared}
    args.update(image.args)
    found = _files(context, dockerfile) if files is None else files
    return Content(context, dockerfile, found, args, image.secrets, image.platforms)


def _files(context: Path, dockerfile: str) -> list[str]:
    """Files and links that Docker would be sent; the Dockerfile always, .dockerignore never: it is applied here."""
    ignored = rules(context, dockerfile)
    found = {dockerfile}
    for folder, folders, names in os.walk(context):
        relative = os.path.relpath(folder, context)
        folders[:] = [name for name in folders if os.path.normpath(os.path.join(relative, name)) not in (".git", OWN)]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *links):
            path = os.path.normpath(os.path.join(relative, name))
            if not excluded(path, ignored):
                found.add(path)
    return sorted(found - {".dockerignore", f"{dockerfile}.dockerignore"})


def _entry(path: Path) -> tuple[str, bytes]:
    """Kind and bytes: of the modes only what git keeps counts, whether a file is a program."""
    if path.is_symlink():
        return "link", os.fsencode(os.readlink(path))
    return ("program" if path.stat().st_mode & 0o111 else "file"), path.read_bytes()
