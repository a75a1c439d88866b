"""Large bytes as files beside the snapshot: S3's objects, and the code of functions and layers.

The snapshot names them. A file goes only after a snapshot that no longer names it has been written, so that the
last snapshot on disk is always whole.
"""

import hashlib
import os
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INLINE = 4096  # bytes of code that stay in the snapshot


class Store:
    """One folder of bodies. Names are random for objects that change, digests for bytes that do not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._doomed: set[str] = set()

    def path(self, name: str) -> Path:
        return self.folder / name

    def fresh(self) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        self.path(name).touch(mode=0o600)
        return name

    def put(self, content: bytes) -> str:
        """By digest: written once however often it is named, also by several at once."""
        name = hashlib.sha256(content).hexdigest()
        if not self.path(name).exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = self.path(f"{name}.{uuid.uuid4().hex}.new")
            fresh.write_bytes(content)
            fresh.replace(self.path(name))
        return name

    def get(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def doom(self, name: str) -> None:
        with self._lock:
            self._doomed.add(name)

    def take_doomed(self) -> set[str]:
        """Those that were given up so far: to be dropped once a snapshot without them is on disk."""
        with self._lock:
            doomed, self._doomed = self._doomed, set()
            return doomed

    def drop(self, names: set[str]) -> None:
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def keep_only(self, names: set[str]) -> None:
        """What a kill left behind, which no snapshot names."""
        if self.folder.is_dir():
            self.drop({path.name for path in self.folder.iterdir()} - names)


class Body:
    """What moto needs of a file: it holds no descriptor between calls, and pickles as its name."""

    store: Store  # of the one machine in this process

    def __init__(self, max_size: int = 0, name: str | None = None) -> None:
        self.name = name or self.store.fresh()
        self.position = 0
        self.closed = False

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.position, os.SEEK_END: self._size()}[whence]
        self.position = base + position
        return self.position

    def read(self, size: int = -1) -> bytes:
        self._refuse_closed()
        with self.store.path(self.name).open("rb") as file:
            file.seek(self.position)
            content = file.read(size)
        self.position += len(content)
        return content

    def write(self, content: bytes) -> int:
        self._refuse_closed()
        with self.store.path(self.name).open("r+b") as file:
            file.seek(self.position)
            written = file.write(content)
        self.position += written
        return written

    def truncate(self, size: int | None = None) -> int:
        length = self.position if size is None else size
        os.truncate(self.store.path(self.name), length)
        return length

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.store.doom(self.name)

    def _size(self) -> int:
        return self.store.path(self.name).stat().st_size

    def _refuse_closed(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def __reduce__(self) -> Any:
        return Body, (0, self.name)


@dataclass(frozen=True)
class Code:
    """The zip of a function or a layer, by its digest."""

    name: str


def _read_code(holder: Any) -> bytes:
    try:
        code = vars(holder)["code_bytes"]
    except KeyError:
        raise AttributeError("code_bytes") from None
    return Body.store.get(code.name) if isinstance(code, Code) else bytes(code)


def _write_code(holder: Any, content: bytes) -> None:
    vars(holder)["code_bytes"] = Code(Body.store.put(content)) if len(content) > INLINE else content


def keep_code_in_files(*kinds: type) -> None:
    """moto's functions and layers read their zips when they are asked for, instead of holding them all in memory."""
    for kind in kinds:
        setattr(kind, "code_bytes", property(_read_code, _write_code))  # noqa: B010  moto declares an attribute
