"""Packed charts, also those that nobody should open."""

import io
import tarfile
from collections.abc import Mapping


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, len(data)
    return member, data


def packed(files: Mapping[str, str], *more: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A .tgz of text files and of entries of any kind."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as archive:
        for member, data in (*(entry(name, text.encode()) for name, text in files.items()), *more):
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()
