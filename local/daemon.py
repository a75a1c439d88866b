"""The machine as one process: built once from its rooms, started in order, stopped in reverse.

Home → server, identity, events → Context → parts → serve until SIGTERM. The rooms know each other only
through `local.context`; this is the one place that knows them all.
"""

import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from local import access, aws, codebuild, codepipeline, events, functions, git, identity, images, kubernetes
from local.context import Context, Part
from local.processes import tree_memory
from local.settings import Home

STATUS_PATH = "/_shipline/status"

# Started in this order, stopped in reverse: a part may use those before it.
PARTS: dict[str, Callable[[Context], Part]] = {
    "aws": aws.install,
    "identity": identity.install,
    "functions": functions.install,
    "events": events.install,
    "git": git.install,
    "codebuild": codebuild.install,
    "codepipeline": codepipeline.install,
    "images": images.install,
    "kubernetes": kubernetes.install,
    "access": access.install,
}


class AlreadyRunning(Exception):
    """Another process holds this home."""


@dataclass
class PartStatus:
    """What `shipline status` shows of one part."""

    name: str
    state: str = "waiting"  # waiting, starting, ready, failed
    since: float = 0.0  # when the state was entered, seconds since the epoch
    took: float = 0.0  # seconds from starting to ready
    detail: str = ""


class Machine:
    """All parts of one home; `start` returns when every part is ready."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.server = aws.create_server(home)
        self.identity = identity.create(home)
        self.context = Context(home, self.identity, events.create(home, self.identity), self.server)
        self.statuses = {name: PartStatus(name) for name in PARTS}
        self._parts = {name: install(self.context) for name, install in PARTS.items()}
        self._started: list[str] = []
        self.server.mount(STATUS_PATH, self._status_app)

    def start(self) -> None:
        """The HTTP server first: parts recover through the machine's own APIs."""
        self.server.start(self.identity.middleware)
        for name, part in self._parts.items():
            self._start_part(name, part)

    def stop(self) -> None:
        for name in reversed(self._started):
            self._parts[name].stop()
        self.server.stop()

    def _start_part(self, name: str, part: Part) -> None:
        status = self.statuses[name]
        status.state, status.since = "starting", time.time()
        say(f"{name}: starting")
        self._started.append(name)
        try:
            part.start()
        except BaseException as error:
            status.state, status.since, status.detail = "failed", time.time(), str(error)
            raise
        status.took = round(time.time() - status.since, 3)
        status.state, status.since = "ready", time.time()
        say(f"{name}: ready after {status.took:.1f} s")

    def _look_again(self) -> None:
        """A part that ended by itself says why: it is ready no longer."""
        for name, part in self._parts.items():
            failure = getattr(part, "failure", None)
            status = self.statuses[name]
            if failure and status.state == "ready":
                status.state, status.since, status.detail = "failed", time.time(), failure

    @property
    def ready(self) -> bool:
        return all(status.state == "ready" for status in self.statuses.values())

    def _status_app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self._look_again()
        body = json.dumps(
            {
                "ready": self.ready,
                "pid": os.getpid(),
                "memory": tree_memory(os.getpid()),
                "parts": [asdict(status) for status in self.statuses.values()],
            }
        ).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def main() -> int:
    """Exit codes: 0 stopped as asked, 1 a part failed to start, 2 another machine holds this home."""
    home = Home.open()
    for folder in (home.run, home.logs, home.aws, home.git, home.work, home.node, home.images):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with _claimed(home):
            return _serve(home)
    except AlreadyRunning as error:
        say(str(error))
        return 2


def _serve(home: Home) -> int:
    asked_to_stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: asked_to_stop.set())
    machine = Machine(home)
    try:
        machine.start()
        say(f"ready: {home.endpoint_url}")
        asked_to_stop.wait()
        return 0
    except Exception as error:  # noqa: BLE001  the one entry point: whatever failed is told, and all is stopped
        say(f"cannot start: {type(error).__name__}: {error}")
        return 1
    finally:
        say("stopping")
        machine.stop()
        say("stopped")


@contextmanager
def _claimed(home: Home) -> Iterator[IO[str]]:
    """Hold the home's lock and pid file for as long as the machine runs."""
    path: Path = home.run / "machine.pid"
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a machine already runs from {home.root}: shipline status") from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield handle
        path.unlink(missing_ok=True)


def say(line: str) -> None:
    """One line to the machine's log, which is this process's standard output."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()
