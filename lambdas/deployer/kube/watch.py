"""Watches: what changes in a collection, told at once and never twice, over whatever the network does to it.

    with kube.watch(path, {"labelSelector": s}, version=answer["metadata"]["resourceVersion"]) as watch:
        event = watch.next(timeout=1.0)             # Event(type, object), or None after a second of silence
    found = watch_any(watches, timeout=1.0)         # (watch, event) of whichever has one first, or None

A watch opens its connection again by itself from the last version that it saw (bookmarks count) when the stream ends,
breaks in the middle of a line, is silent for `idle` seconds, is refused with 401 (once, with a new token), or carries
an ERROR with a 5xx or 429. `next` and `watch_any` raise

    Gone         the version is too old (410, as an answer or as an ERROR in the stream): list, then `restart(version)`
    ApiError     the server refuses the watch (403, 404, ...)
    Unavailable  it has brought nothing for the link's patience, and every attempt has failed

Such a watch is `over`; the error's `subject` is its path. Nothing runs in the background: events are read, and
connections opened, only within `next` and `watch_any`; a watch belongs to one thread at a time.
"""

import json
import select
import ssl
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from deployer.errors import DeployError
from deployer.kube.call import JSON
from deployer.kube.connection import Connection
from deployer.kube.errors import Status, failure
from deployer.kube.link import OPEN_WITHIN, Link, status_of
from deployer.kube.pace import pause
from deployer.kube.wire import Answer, Garbled, request, target
from deployer.objects import Object

IDLE = 60.0  # seconds; the server sends a bookmark about once a minute
ANSWERS_WITHIN = 12.0  # seconds until a watch is accepted; the server waits up to 3 for a version to come
STEADY = 5.0  # seconds of an open stream after which its end is no failure
FOREVER = 1e9


class Event(NamedTuple):
    type: str  # ADDED, MODIFIED or DELETED; bookmarks only move the version
    object: Object


class Watch:
    def __init__(self, link: Link, path: str, query: Mapping[str, str], version: str, idle: float = IDLE) -> None:
        self.path = path
        self.version = version  # of the last event or bookmark: where it goes on
        self.over = False  # it has raised, or was closed
        self._link, self._idle = link, idle
        self._query = {**query, "watch": "1", "allowWatchBookmarks": "true"}
        self._events: deque[Event] = deque()
        self._error: DeployError | None = None
        self._connection: Connection | None = None
        self._answer = Answer()
        self._line = b""
        self._token = ""
        self._renewed = False
        self._failures = 0  # since something came
        self._failing = 0.0  # since when
        self._opened = 0.0
        self._due = 0.0  # when something is to be done if nothing comes

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        while not self.over or self._events:
            event = self.next(FOREVER)
            if event is not None:
                yield event

    def next(self, timeout: float) -> Event | None:
        """The next event, at once when there is one; None after `timeout` seconds, or when the watch is over."""
        found = watch_any((self,), timeout)
        return found[1] if found else None

    def restart(self, version: str) -> None:
        """Go on from another version: after Gone, and a LIST that gave it."""
        self._hang_up()
        self.version, self.over, self._error, self._due = version, False, None, 0.0
        self._failures, self._renewed = 0, False
        self._events.clear()

    def close(self) -> None:
        self._hang_up()
        self.over = True

    # --- for watch_any

    @property
    def due(self) -> float:
        return FOREVER if self.over else self._due

    @property
    def socket(self) -> tuple[int, int] | None:
        """The descriptor and for what to wait, while there is a connection."""
        return (self._connection.fd, self._connection.wants) if self._connection else None

    def pop(self) -> Event | None:
        """What has been read already; raises what has ended the watch once nothing is left to read."""
        if self._events:
            return self._events.popleft()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return None

    def step(self, now: float) -> None:
        """The socket is ready, or it is due."""
        if self.over:
            return
        try:
            if self._connection is None:
                self._open(now)
            elif not self._connection.ready:
                self._shake_hands(self._connection, now)
            else:
                self._read(self._connection, now)
            if now >= self._due:
                self._silent(now)
        except OSError as error:
            self._lost(now, error)

    # --- the stream

    def _open(self, now: float) -> None:
        self._connection = self._link.pool.open()
        self._opened, self._due = now, now + OPEN_WITHIN
        self._answer, self._line = Answer(), b""

    def _shake_hands(self, connection: Connection, now: float) -> None:
        if not connection.advance():
            return
        link = self._link
        self._token = link.bearer()
        where = target(link.pool.prefix + self.path, {**self._query, "resourceVersion": self.version})
        connection.write(request("GET", where, link.headers(self._token, JSON, gzip=False)))
        self._due = now + ANSWERS_WITHIN

    def _read(self, connection: Connection, now: float) -> None:
        answer = self._answer
        while (data := connection.read()) is not None:
            if data:
                answer.feed(data)
                self._due = now + (self._idle if answer.code else ANSWERS_WITHIN)
            else:
                answer.end()
            if answer.code and answer.code < 300:
                self._lines(answer.take(), now)
            if answer.done:
                self._ended(answer, now)
            if self._connection is not connection:
                return

    def _lines(self, data: bytes, now: float) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in filter(None, lines):
            try:
                told = json.loads(line)
                kind, item = told["type"], told["object"]
            except (ValueError, KeyError, TypeError) as error:
                raise Garbled("a line of the watch cannot be read") from error
            if kind == "ERROR":
                self._refused(int(item.get("code") or 500), item, "", now)
                return
            self._failures, self._renewed = 0, False
            self.version = str(item["metadata"]["resourceVersion"])
            if kind != "BOOKMARK":
                self._events.append(Event(kind, item))

    def _ended(self, answer: Answer, now: float) -> None:
        """The stream is over, or was none."""
        if answer.code >= 300:
            self._refused(answer.code, status_of(answer.take()), answer.header("retry-after"), now)
        elif now - self._opened >= STEADY:
            self._again(now, 0.0)
        else:
            self._lost(now, Garbled("the stream ends as soon as it is open"))

    def _refused(self, code: int, said: Object, retry_after: str, now: float) -> None:
        status = Status.read(code, said)
        if code == 401 and not self._renewed:
            self._renewed = True
            self._link.renew(self._token, self._answer.header("date"))
            self._again(now, 0.0)
        elif code == 429 or code >= 500:
            self._lost(now, OSError(status.message or f"HTTP {code}"), retry_after)
        else:
            error = failure(code, said, self.path, self._link.endpoint.identity)
            self._end(error)

    def _silent(self, now: float) -> None:
        """Nothing has come for as long as anything should take."""
        if self._connection is None:
            return
        if self._answer.code:
            self._again(now, 0.0)
        else:
            self._lost(now, TimeoutError("the watch is not answered"))

    def _lost(self, now: float, error: OSError, retry_after: str = "") -> None:
        """Open it again: at once the first time, then with pauses, until patience ends."""
        if not self._failures:
            self._failing = now
        elif now - self._failing > self._link.patience or isinstance(error, ssl.SSLCertVerificationError):
            self._end(self._link.gone(error))
            return
        if self._connection is not None and not self._connection.ready:
            self._link.pool.unreachable()
        wait = pause(self._failures, retry_after) if self._failures or retry_after else 0.0
        self._failures += 1
        self._again(now, min(wait, self._failing + self._link.patience - now))

    def _again(self, now: float, wait: float) -> None:
        self._hang_up()
        self._due = now + wait

    def _end(self, error: DeployError) -> None:
        error.subject = self.path
        self._error = error
        self.close()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def watch_any(watches: Sequence[Watch], timeout: float) -> tuple[Watch, Event] | None:
    """The first event of any of them, at once when there is one; None after `timeout` seconds.

    What a watch raises is raised here, with the watch's path as its `subject`. None at once when all are over.
    """
    now = time.monotonic()
    until, looked = now + timeout, False
    while True:
        for watch in watches:
            event = watch.pop()
            if event is not None:
                return watch, event
        if (looked and now >= until) or all(watch.over for watch in watches):
            return None
        _wait(watches, until)
        now, looked = time.monotonic(), True


def _wait(watches: Sequence[Watch], until: float) -> None:
    """Until one of them is ready or due, or the time is over; each that is takes a step."""
    poll, by_fd = select.poll(), {}
    for watch in watches:
        if found := watch.socket:
            by_fd[found[0]] = watch
            poll.register(found[0], _POLL[found[1]])
    due = min(until, *(watch.due for watch in watches)) if watches else until
    ready = {by_fd[fd] for fd, _ in poll.poll(max(0.0, due - time.monotonic()) * 1000)}
    now = time.monotonic()
    for watch in watches:
        if watch in ready or now >= watch.due:
            watch.step(now)


_POLL = {1: select.POLLIN, 2: select.POLLOUT, 3: select.POLLIN | select.POLLOUT}
