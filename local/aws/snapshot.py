"""The control plane's state on disk: written right after every change, read before the first request.

touch → (a moment, in which more changes gather) → pickle → file, atomically, the one before kept → bodies dropped.
A kill loses at most the changes of the last tenth of a second, or what a snapshot takes of a large account; who writes
down elsewhere what refers to them settles them first. A snapshot that cannot be read gives way to the one before it,
with a message.
"""

import hashlib
import io
import logging
import pickle
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import moto.s3.models
from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends

from local.aws.bodies import Body, Store
from local.aws.pickling import Key, Pickler, backend_dict, key_of

log = logging.getLogger("local.aws")
MAGIC = b"shipline snapshot 1\n"
GATHER = 0.03  # seconds after a change in which others join it
RETRIES = 20
State = dict[str, Any]


class Unreadable(Exception):
    """A snapshot that was cut short, altered, or written by another version."""


class _Tempfile:
    """In the place of `tempfile` in moto's S3: its bodies are files of ours."""

    SpooledTemporaryFile = Body


class Snapshot:
    """moto's backends and what rooms gave `keep`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "bodies")
        Body.store = self.store
        setattr(moto.s3.models, "tempfile", _Tempfile)  # noqa: B010  not exported
        self._kept: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {}
        self._unkeepable: set[Key] = set()
        self._dirty = threading.Event()
        self._stopped = threading.Event()
        self._saving = threading.Lock()
        self._thread: threading.Thread | None = None
        self.seconds = 0.0  # what the last snapshot took
        self.size = 0  # bytes of the last snapshot, without the bodies

    def keep(self, name: str, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        """State of a room of this package, kept with moto's in one piece: they refer to each other."""
        self._kept[name] = (get, put)

    def touch(self) -> None:
        """Something may have changed."""
        self._dirty.set()

    def settle(self) -> None:
        """What was changed before this call is on disk when it returns."""
        with self._saving:  # one that is being written may lack the newest change
            settled = not self._dirty.is_set()
        if not settled:
            self.save()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="snapshot", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The last state is on disk when this returns."""
        self._stopped.set()
        self._dirty.set()
        if self._thread:
            self._thread.join()
        self.save()

    def _run(self) -> None:
        while not self._stopped.is_set():  # asked after a save, which takes the word of a stop for a change
            self._dirty.wait()
            if self._stopped.is_set():
                return
            time.sleep(GATHER)
            self.settle()
            time.sleep(min(self.seconds, 0.5))  # under a storm of changes, half of the time is the services'

    def save(self) -> None:
        with self._saving:
            began = time.monotonic()
            self._dirty.clear()
            doomed = self.store.take_doomed()
            content, bodies = self._pickled()
            self._write(content)
            self.store.drop(doomed - bodies)
            self.seconds, self.size = time.monotonic() - began, len(content)

    def _pickled(self) -> tuple[bytes, set[str]]:
        """All in one piece. The services go on meanwhile: one that grows under the pickler's hands is pickled again."""
        for attempt in range(RETRIES):
            buffer = io.BytesIO()
            pickler = Pickler(buffer, self.store)
            try:
                pickler.dump(self._state())
                return buffer.getvalue(), pickler.bodies
            except (TypeError, AttributeError, pickle.PicklingError) as error:
                self._give_up_on_unkeepable(error)
            except RuntimeError as error:
                if "changed size during iteration" not in str(error) and "mutated" not in str(error):
                    raise
                time.sleep(0.005 * attempt)
        raise RuntimeError("the services' state never held still for a snapshot")

    def _give_up_on_unkeepable(self, error: Exception) -> None:
        """A service whose state cannot be written must not take the others' with it: it is left out, and named."""
        for key, accounts in self._backends().items():
            try:
                Pickler(io.BytesIO(), self.store).dump(accounts)
            except (TypeError, AttributeError, pickle.PicklingError) as found:
                self._unkeepable.add(key)
                self._say(f"the state of {key[1]} cannot be kept over a restart: {found}")
                return
        raise error

    def _state(self) -> State:
        return {
            "moto": self._backends(),
            "buckets": dict(s3_backends.bucket_accounts),
            **{name: get() for name, (get, _) in self._kept.items()},
        }

    def _backends(self) -> dict[Key, dict[str, dict[str, Any]]]:
        return {
            key_of(each): {account: dict(regions.items()) for account, regions in list(each.items())}
            for each in _in_use()
            if key_of(each) not in self._unkeepable
        }

    def _write(self, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / "state.new"
        fresh.touch(mode=0o600)
        with fresh.open("wb") as file:
            file.write(MAGIC + hashlib.sha256(content).digest() + content)
        if self._path.exists():
            self._path.replace(self._previous)
        fresh.replace(self._path)

    @property
    def _path(self) -> Path:
        return self.folder / "state"

    @property
    def _previous(self) -> Path:
        return self.folder / "state.previous"

    def load(self) -> bool:
        """Before anything is served. False: there was nothing to read, the account is empty."""
        for path in (self._path, self._previous):
            if path.exists() and self._try(path):
                return True
        self.store.keep_only(set())
        return False

    def _try(self, path: Path) -> bool:
        try:
            state = _read(path)
        except Unreadable as error:
            aside = path.with_suffix(".unreadable")
            path.replace(aside)
            self._say(f"the snapshot {path.name} cannot be read ({error}); it is kept as {aside.name}")
            return False
        s3_backends.bucket_accounts.update(state.pop("buckets"))
        for (module, service), accounts in state.pop("moto").items():
            backends = backend_dict(module, service)
            for account, regions in accounts.items():
                backends[account].update(regions)
        for name, value in state.items():
            if name in self._kept:
                self._kept[name][1](value)
        self._forget_orphans()
        return True

    def _forget_orphans(self) -> None:
        _, bodies = self._pickled()
        self.store.keep_only(bodies)

    def _say(self, message: str) -> None:
        log.warning(message)
        sys.stderr.write(f"{message}\n")


def _in_use() -> list[Any]:
    """The backends that any account has."""
    return list(vars(BackendDict)["_instances"])


def _read(path: Path) -> State:
    content = path.read_bytes()
    head, digest, body = content[: len(MAGIC)], content[len(MAGIC) : len(MAGIC) + 32], content[len(MAGIC) + 32 :]
    if head != MAGIC or hashlib.sha256(body).digest() != digest:
        raise Unreadable("it is not whole")
    try:
        state: State = pickle.loads(body)  # noqa: S301  the digest says that this machine wrote it
    except (pickle.UnpicklingError, AttributeError, ImportError, OSError, TypeError, ValueError, EOFError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from None
    return state
