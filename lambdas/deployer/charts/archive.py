"""A packed chart (.tgz) -> its files, in memory. Whatever is no plain file or folder, climbs, or explodes is refused.

helm itself follows links out of a chart, into /proc/self/environ for one: none may reach it.
"""

import gzip
import io
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator

from deployer.errors import Fatal

MOST_FILES = 10_000
MOST_BYTES = 128 * 1024 * 1024  # unpacked, everything together
LARGEST_FILE = 16 * 1024 * 1024
DEEPEST = 32
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


def files(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """(path, content) of each file; `name` is the archive in errors."""
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=_Counted(data, name), mode="r|") as archive:
            for member in archive:
                path = member.name.removeprefix("./").rstrip("/")
                _check(member, path, name)
                folded = unicodedata.normalize("NFC", path).casefold()
                if (folded in seen and member.isfile()) or len(seen) >= MOST_FILES:
                    raise _refuse(name, f"{path!r} in it is there twice, or one of more than {MOST_FILES} files")
                seen.add(folded)
                if content := archive.extractfile(member) if member.isfile() else None:
                    yield path, content.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise _refuse(name, f"not a chart archive: {error}") from error


def _check(member: tarfile.TarInfo, path: str, name: str) -> None:
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise _refuse(name, f"{member.name!r} in it is {_KINDS.get(member.type, 'no plain file')}")
    if member.isdir() and path in ("", "."):
        return
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in parts) or ":" in parts[0]:
        raise _refuse(name, f"{member.name!r} in it climbs")
    if any(unicodedata.category(letter).startswith("C") for letter in path):
        raise _refuse(name, f"{member.name!r} in it has control characters")
    if len(parts) > DEEPEST or len(path) > 1024:
        raise _refuse(name, f"{path[:80]!r}… in it is nested too deep")
    if member.size > LARGEST_FILE:
        raise _refuse(name, f"{path!r} in it has {member.size} bytes, over {LARGEST_FILE}")


class _Counted(io.RawIOBase):
    """The unpacked stream, which ends with an error before it is too long: a bomb is a small archive."""

    def __init__(self, data: bytes, name: str) -> None:
        self._stream = gzip.GzipFile(fileobj=io.BytesIO(data))
        self._left = MOST_BYTES
        self._name = name

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(size)
        self._left -= len(found)
        if self._left < 0:
            raise _refuse(self._name, f"it unpacks to more than {MOST_BYTES // 2**20} MiB")
        return found


def _refuse(name: str, reason: str) -> Fatal:
    shown = "".join(letter if letter.isprintable() else "?" for letter in reason)
    return Fatal(f"{shown}.", subject=name, remedy="Package the chart with `helm package`.", kind="ConfigurationError")
