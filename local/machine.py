"""The machine's rooms, built once, started in order, stopped in reverse: the one place that knows them all.

server, identity, events → Context → parts → what has programs of its own is launched → all start → ready

To import this takes longer than anything else in a start, so `local.daemon` launches the node before.
"""

import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from local import access, aws, codebuild, codepipeline, events, functions, git, identity, images
from local.context import Context, Launched, Part
from local.processes import tree_memory
from local.progress import say
from local.settings import Home

STATUS_PATH = "/_shipline/status"

# Started in this order, stopped in reverse: a part may use those before it.
ROOMS: dict[str, Callable[[Context], Part]] = {
    "aws": aws.install,
    "identity": identity.install,
    "functions": functions.install,
    "events": events.install,
    "git": git.install,
    "codebuild": codebuild.install,
    "codepipeline": codepipeline.install,
}


@dataclass
class PartStatus:
    """What `shipline status` shows of one part."""

    name: str
    state: str = "waiting"  # waiting, starting, ready, failed
    since: float = 0.0  # when the state was entered, seconds since the epoch
    took: float = 0.0  # seconds from starting to ready
    detail: str = ""


class Machine:
    """All parts of one home; `start` returns when every part is ready. The node has been launched already."""

    def __init__(self, home: Home, node: Launched) -> None:
        self.server = aws.create_server(home)
        self.identity = identity.create(home)
        context = Context(home, self.identity, events.create(home, self.identity), self.server)
        self._rooms = {name: install(context) for name, install in ROOMS.items()}
        self._images = images.install(context)
        self._node = node
        self._access = access.install(context)
        self._parts = {**self._rooms, "images": self._images, "kubernetes": self._node, "access": self._access}
        self._started = ["kubernetes"]
        self.statuses = {name: PartStatus(name) for name in self._parts}
        self.server.mount(STATUS_PATH, self._status_app)

    def start(self) -> None:
        """The HTTP server first: parts recover through the machine's own APIs. From the main thread."""
        self.server.start(self.identity.middleware)
        self._started.append("images")
        self._images.launch()
        # These two wait for their programs: side by side, and beside the rooms, which need neither to come up.
        with ThreadPoolExecutor(2, "start") as pool:
            waiting = [pool.submit(self._start_part, name) for name in ("images", "kubernetes")]
            for name in self._rooms:
                self._start_part(name)
        for each in waiting:
            each.result()
        self._start_part("access")

    def stop(self) -> None:
        for name, part in reversed(self._parts.items()):
            if name in self._started:
                part.stop()
        self.server.stop()

    def _start_part(self, name: str) -> None:
        status = self.statuses[name]
        status.state, status.since = "starting", time.time()
        say(f"{name}: starting")
        self._started.append(name)
        try:
            self._parts[name].start()
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
