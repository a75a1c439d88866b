"""The input artifact: fetched with the job's own credentials, unpacked by rules of our own.

zipfile's extractall renames what tries to escape, lets the last of two equal names win and writes links as text:
here each of these is refused, and so is whatever grows beyond the caps while it is being written.
"""

import io
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from deployer.errors import Fatal

MOST_FILES = 20_000
MOST_BYTES = 256 * 1024 * 1024  # unpacked, all files together
LARGEST_FILE = 64 * 1024 * 1024
MOST_RATIO = 200  # unpacked to packed; text packs to a tenth
DEEPEST = 32
CHUNK = 1024 * 1024
_HEADER = 30  # bytes of a local header, without the name


def unpack(data: bytes, folder: Path) -> None:
    """Write the archive's files below `folder`, which is empty; nothing is left there that breaks a rule."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check(entries)
            _check_places(entries)
            left = MOST_BYTES
            for entry in entries:
                if not entry.is_dir():
                    left -= _write(archive, entry, folder, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        # RuntimeError is how zipfile says "encrypted", NotImplementedError an unknown version, ValueError a bad offset
        raise _refuse("the artifact", f"not a zip that can be read: {error}") from error


def inside(folder: Path, path: str) -> Path:
    """A path of the artifact as the configuration names it; Fatal when it is not there or would leave the folder."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts:
        raise _refuse(path, "paths must stay inside the artifact")
    found = folder.joinpath(*parts)
    if not found.exists():
        raise Fatal(
            "not in the artifact.",
            subject=path,
            remedy="The path in pipeline.yaml's `deploy` must exist in the repository.",
            kind="ConfigurationError",
        )
    return found


def refuse_links(folder: Path) -> None:
    """Fatal for anything below the folder that is neither a plain file nor a folder: tools follow links out of it."""
    for path in [folder, *sorted(folder.rglob("*"))]:
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise _refuse(path.name, "links and special files are refused")


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise _refuse("the artifact", f"{len(entries)} files, over {MOST_FILES}")
    for entry in entries:
        _check_name(entry.orig_filename)  # zipfile ends a name at its first NUL
    seen: dict[str, str] = {}
    files = {entry.filename for entry in entries if not entry.is_dir()}
    for entry in entries:
        name = entry.filename
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refuse(name, "packed otherwise than by deflate")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refuse(name, "links and special files are refused")
        folded = unicodedata.normalize("NFC", name.rstrip("/")).casefold()
        if folded in seen:
            raise _refuse(name, f"there twice, also as {seen[folded]!r}")
        seen[folded] = name
        if any(str(parent) in files for parent in PurePosixPath(name).parents):
            raise _refuse(name, "a file is used as a folder")


def _check_places(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes are how a small archive becomes a large one within any ratio."""
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise _refuse(entry.filename, "it overlaps another entry")
        end = entry.header_offset + _HEADER + len(entry.orig_filename.encode()) + entry.compress_size


def _check_name(name: str) -> None:
    parts = name.rstrip("/").split("/")
    if not name or name.startswith("/") or "\\" in name or ":" in parts[0]:
        raise _refuse(name, "names must be relative, with forward slashes")
    if any(part in ("", ".", "..") for part in parts):
        raise _refuse(name, "names must not climb")
    if any(unicodedata.category(letter).startswith("C") for letter in name):
        raise _refuse(name, "control characters in a name")
    if len(parts) > DEEPEST or len(name) > 1024:
        raise _refuse(name, "nested too deep")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """The bytes written; sizes are counted while they come, since an archive may lie about them."""
    path = folder.joinpath(*entry.filename.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    most = min(left, LARGEST_FILE, max(CHUNK, entry.compress_size * MOST_RATIO))
    written = 0
    with archive.open(entry) as source, path.open("xb") as sink:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > most:
                raise _refuse(entry.filename, "unpacks to more than is allowed")
            sink.write(chunk)
    return written


def _refuse(name: str, reason: str) -> Fatal:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)[:200]
    return Fatal(
        f"{reason}.",
        subject=shown,
        remedy="Fix what the build puts into its artifact.",
        kind="ConfigurationError",
    )
