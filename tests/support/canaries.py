"""Secrets that are planted to be looked for: each in a place of its own, found again in whatever form it comes out."""

import base64
import dataclasses
import json
import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

ODD = '"q\\<é/+ =%'  # what JSON, URLs, Go and HTML escape


@dataclasses.dataclass
class Canaries:
    planted: dict[str, str] = dataclasses.field(default_factory=dict)  # its core -> where it was planted

    def plant(self, where: str, odd: str = ODD) -> str:
        core = f"Cnry{len(self.planted):02d}{uuid.uuid4().hex[:12]}"
        self.planted[core] = where
        return core + odd

    def known(self, core: str) -> None:
        """Look for this one, too."""
        self.planted[core] = core

    def found(self, texts: Mapping[str, str]) -> list[str]:
        """Which canary came out where, and in which form."""
        return [
            f"{where}, {form}, in {name}"
            for core, where in self.planted.items()
            for form, needle in _needles(core)
            for name, text in texts.items()
            if needle in text
        ]


def _needles(core: str) -> Iterator[tuple[str, str]]:
    raw = core.encode()
    yield "as it is", core
    yield "in hex", raw.hex()
    yield "the other way round", core[::-1]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        yield f"in base64 from byte {offset}", encoded[4 if offset else 0 : -2]


def forms(value: str) -> list[str]:
    """How programs write a value into their logs, beside as it is."""
    raw = value.encode()
    encoded = [base64.b64encode(b"x" * offset + raw).decode() for offset in range(3)]
    return [value, quote(value), quote(value, safe=""), repr(value), json.dumps({"line": value}), raw.hex(), *encoded]


class Children:
    """The command lines and environments of this process's children of some names, while it is entered."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._seen: dict[int, str] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Children":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def texts(self) -> dict[str, str]:
        return {f"process {pid}": text for pid, text in self._seen.items()}

    def _look(self) -> None:
        while not self._ended.is_set():
            for folder in Path("/proc").glob("[0-9]*"):
                if int(folder.name) not in self._seen:
                    self._read(folder)
            time.sleep(0.01)

    def _read(self, folder: Path) -> None:
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            told = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
        except (OSError, ValueError):
            return  # it has ended, or is not ours to read
        if parent == os.getpid() and Path(told.decode(errors="replace").partition("\0")[0]).name in self._names:
            self._seen[int(folder.name)] = told.decode(errors="replace")
