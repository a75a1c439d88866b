"""Many calls over a few connections in one thread: what `Kube` sends, it sends from here.

    waiting ──▶ on its way ──▶ answered | refused
       ▲            │
       └── later ◀──┘  429, 5xx with a reason, a broken connection: after a pause, while there is patience

A call belongs to a connection only while it is on its way; connections are opened as there are calls for them.
"""

import heapq
import selectors
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from deployer.kube.call import Call
from deployer.kube.connection import Connection
from deployer.kube.errors import ApiError, Status, failure
from deployer.kube.link import OPEN_WITHIN, Link, status_of
from deployer.kube.pace import pause
from deployer.kube.wire import Answer, Garbled, request, target

STALE = 3  # times that a call is sent again at once because a kept connection turned out to be closed
SWEEP = 0.25  # seconds between two looks for connections that have fallen silent

R = TypeVar("R")
UNASKED = Answer()


class Pending:
    __slots__ = ("answer", "at", "attempt", "call", "renewed", "sent", "stale", "token", "until")

    def __init__(self, at: int, call: Call, until: float) -> None:
        self.at = at  # its place among the answers
        self.call = call
        self.until = until  # when patience ends
        self.token = ""  # that it was sent with last
        self.attempt = self.stale = 0
        self.renewed = False
        self.sent = 0.0
        self.answer = UNASKED


class Batch(Generic[R]):
    def __init__(
        self, link: Link, calls: Iterator[Call], check: Callable[[], None], read: Callable[[Call, bytes], R]
    ) -> None:
        self._link, self._calls, self._check, self._read = link, calls, check, read
        self._results: list[R | ApiError | None] = []
        self._waiting: deque[Pending] = deque()
        self._later: list[tuple[float, int, Pending]] = []  # heap: (when, at, call)
        self._busy: dict[Connection, Pending] = {}
        self._free: list[Connection] = []
        self._opening: set[Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Connection, int] = {}  # for what the selector waits
        self._headers: dict[tuple[str, str, str], bytes] = {}
        self._swept = 0.0
        self._ending = False  # something was raised: nothing more is sent

    def run(self) -> list[R | ApiError]:
        try:
            while self._fill(time.monotonic()):
                self._turn()
        finally:
            self._ending = True
            try:
                while self._busy:
                    self._turn()
            finally:
                self._part()
        return self._results  # type: ignore[return-value]  # none is left without an answer

    # --- what is sent next

    def _fill(self, now: float) -> bool:
        """Send what may be sent; False when all is answered."""
        while self._later and self._later[0][0] <= now:
            self._waiting.append(heapq.heappop(self._later)[2])
        limit = self._link.pace.limit(now)
        while len(self._busy) < limit and self._ready(0, now):
            connection = self._free.pop() if self._free else self._link.pool.take()
            if connection is None:
                break
            self._send(connection, self._waiting.popleft())
        # As many connections on their way as calls wait for one, and no more than may be used.
        while len(self._busy) + len(self._opening) < limit and self._ready(len(self._opening), now):
            if not self._open():
                break
        return bool(self._busy or self._later) or self._ready(0, now)

    def _ready(self, beyond: int, now: float) -> bool:
        """Whether more than `beyond` calls can be sent at once; takes from what was handed in as needed."""
        while len(self._waiting) <= beyond:
            call = next(self._calls, None)
            if call is None:
                return False
            self._waiting.append(Pending(len(self._results), call, now + self._link.patience))
            self._results.append(None)
        return True

    def _send(self, connection: Connection, pending: Pending) -> None:
        """`check` is asked first; a connection that breaks at once is told by its next step."""
        try:
            self._check()
            data = self._encode(pending)
        except BaseException:
            self._free.append(connection)
            raise
        pending.sent, pending.answer = time.monotonic(), Answer()
        connection.since = pending.sent
        self._busy[connection] = pending
        try:
            connection.write(data)
        except OSError as error:
            self._broken(connection, error)
            return
        self._watch(connection)

    def _encode(self, pending: Pending) -> bytes:
        call, link = pending.call, self._link
        pending.token = link.bearer()
        kind = (pending.token, call.accept, call.content if call.body else "")
        if kind not in self._headers:
            self._headers[kind] = link.headers(*kind)
        return request(call.method, target(link.pool.prefix + call.path, call.query), self._headers[kind], call.body)

    def _open(self) -> bool:
        try:
            connection = self._link.pool.open()
        except OSError as error:
            self._unopened(error)
            return False
        self._opening.add(connection)
        self._watch(connection)
        return True

    # --- what comes

    def _turn(self) -> None:
        """Wait for something to happen, and deal with it."""
        for key, _ in self._selector.select(self._wait()):
            self._step(key.data)
        now = time.monotonic()
        if now - self._swept > SWEEP:
            self._swept = now
            self._sweep(now)

    def _wait(self) -> float:
        now = time.monotonic()
        until = now + SWEEP
        if self._later and not self._ending:
            until = min(until, self._later[0][0])
        if now < self._link.pace.closed_until < until and self._waiting:
            until = self._link.pace.closed_until
        return max(0.0, until - now)

    def _step(self, connection: Connection) -> None:
        try:
            if connection in self._busy:
                self._receive(connection, self._busy[connection])
            elif connection in self._opening:
                if connection.advance():
                    self._opening.discard(connection)
                    self._free.append(connection)
                self._watch(connection)
            elif connection in self._free and connection.read() is not None:  # not a TLS ticket: it is closed
                self._free.remove(connection)
                self._drop(connection)
        except OSError as error:
            self._broken(connection, error)

    def _receive(self, connection: Connection, pending: Pending) -> None:
        answer = pending.answer
        while not answer.done:
            data = connection.read()
            if data is None:
                connection.since = time.monotonic() if answer.begun else connection.since
                self._watch(connection)
                return
            if data:
                answer.feed(data)
            else:
                answer.end()
        self._settle(pending, answer)
        del self._busy[connection]
        connection.served += 1
        if answer.keep:
            self._free.append(connection)
        else:
            self._drop(connection)

    def _settle(self, pending: Pending, answer: Answer) -> None:
        """Done, refused, or once more."""
        link, body = self._link, answer.take()
        if answer.code < 300:
            link.pace.succeeded()
            try:
                self._results[pending.at] = self._read(pending.call, body)
            except ValueError as error:
                raise Garbled(f"the answer cannot be read: {error}") from error
            return
        if answer.code == 401 and not pending.renewed:
            pending.renewed = True
            link.renew(pending.token, answer.header("date"))
            self._waiting.appendleft(pending)
            return
        said = status_of(body)
        status, now = Status.read(answer.code, said), time.monotonic()
        wait = pause(pending.attempt, answer.header("retry-after"))
        if answer.code in (429, 503):
            link.pace.refused(pending.sent, now, wait)
        if (status.retryable or _lost_race(pending.call, status)) and now < pending.until:
            self._again(pending, now + wait)
            return
        self._results[pending.at] = failure(
            answer.code, said, pending.call.subject or pending.call.path, link.endpoint.identity
        )

    # --- what breaks

    def _broken(self, connection: Connection, error: OSError) -> None:
        self._drop(connection)
        if connection in self._free:
            self._free.remove(connection)
            return
        if connection in self._opening:
            self._opening.discard(connection)
            self._link.pool.unreachable()
            self._unopened(error)
            return
        pending = self._busy.pop(connection)
        closed = connection.served and not pending.answer.begun and not isinstance(error, TimeoutError)
        if closed and pending.stale < STALE and not self._ending:
            pending.stale += 1
            self._waiting.appendleft(pending)
            return
        self._failed(pending, error)

    def _unopened(self, error: OSError) -> None:
        """Charged to the call that waits longest."""
        if self._waiting:
            self._failed(self._waiting.popleft(), error)

    def _failed(self, pending: Pending, error: OSError) -> None:
        now = time.monotonic()
        if self._ending:
            return
        if isinstance(error, ssl.SSLCertVerificationError) or now > pending.until:
            raise self._link.gone(error) from error
        self._again(pending, now + pause(pending.attempt))

    def _again(self, pending: Pending, when: float) -> None:
        pending.attempt += 1
        heapq.heappush(self._later, (min(when, pending.until), pending.at, pending))

    def _sweep(self, now: float) -> None:
        silence = self._link.silence
        for connection, pending in list(self._busy.items()):
            allowed = silence if pending.attempt else silence / 3
            if now - connection.since > allowed:
                self._broken(connection, TimeoutError(f"no byte for {allowed:.0f} s"))
        for connection in [each for each in self._opening if now - each.since > OPEN_WITHIN]:
            self._broken(connection, TimeoutError(f"no connection within {OPEN_WITHIN:.0f} s"))

    # --- connections

    def _watch(self, connection: Connection) -> None:
        known = self._watched.get(connection)
        if known == connection.wants:
            return
        if known is None:
            self._selector.register(connection.fd, connection.wants, connection)
        else:
            self._selector.modify(connection.fd, connection.wants, connection)
        self._watched[connection] = connection.wants

    def _drop(self, connection: Connection) -> None:
        if self._watched.pop(connection, None) is not None:
            self._selector.unregister(connection.fd)
        connection.close()

    def _part(self) -> None:
        """Free connections go back to the pool; whatever else there is is closed."""
        self._selector.close()
        for connection in self._free:
            if connection.served:
                self._link.pool.give(connection)
            else:
                connection.close()
        for connection in (*self._opening, *self._busy):
            connection.close()


def _lost_race(call: Call, status: Status) -> bool:
    """A 409 "object has been modified" of an apply that named no version: the server lost a race, we have not."""
    return (
        status.code == 409
        and call.method == "PATCH"
        and "apply-patch" in call.content
        and "object has been modified" in status.message
        and not status.conflicts
        and b"resourceVersion" not in call.body
    )
