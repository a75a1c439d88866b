"""Trees → zips whose bytes depend on names and contents only."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold


def fingerprint(parts: Iterable[tuple[str, bytes]]) -> str:
    """sha256 over named contents, in the order given."""
    digest = hashlib.sha256()
    for name, content in parts:
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def files(root: Path, pattern: str = "**/*") -> list[Path]:
    """The tree's files, in an order that no file system decides."""
    return sorted(path for path in root.glob(pattern) if path.is_file())


def write_zip(archive: Path, root: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as made:
        for path in files(root):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            made.writestr(entry, path.read_bytes())
