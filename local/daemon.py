"""The machine as one process: the home is claimed, the node launched, the rooms loaded and started; until SIGTERM.

The node's programs take seconds to come up, and so does loading the rooms: the one goes on beside the other.
"""

import faulthandler
import fcntl
import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from local import kubernetes
from local.context import Launched
from local.progress import say
from local.settings import Home

if TYPE_CHECKING:
    from local.machine import Machine


# Seconds. A thread that starts a process may be the one that the kernel interrupts for a signal; Python hears of it in
# the main thread, which an endless wait would never wake.
LOOK_UP = 0.25
STOPS_WITHIN = 20.0  # seconds after which the log gets told where every thread stands


class AlreadyRunning(Exception):
    """Another process holds this home."""


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
    node = kubernetes.create(home)
    stop = node.stop
    try:
        node.launch()
        machine = _load(home, node)
        stop = machine.stop
        machine.start()
        say(f"ready: {home.endpoint_url}")
        while not asked_to_stop.wait(LOOK_UP):
            pass
        return 0
    except Exception as error:  # noqa: BLE001  the one entry point: whatever failed is told, and all is stopped
        say(f"cannot start: {type(error).__name__}: {error}")
        return 1
    finally:
        say("stopping")
        faulthandler.dump_traceback_later(STOPS_WITHIN)
        stop()
        say("stopped")


def _load(home: Home, node: Launched) -> "Machine":
    """The rooms. What their modules are made of lives as long as the process: the collector need not look at it."""
    gc.disable()
    from local.machine import Machine

    gc.freeze()
    gc.enable()
    return Machine(home, node)


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
