"""The client of one API server: raw dicts in and out, retries where they are safe.

Its own HTTP/1.1 over sockets that never block (`batch`, `watch`), because CPU per object is what a small function
lacks: 0.1 ms here, 0.26 with http.client, 1.4 with typed models. A single request is a batch of one.
"""

import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from deployer.kube import metadata
from deployer.kube.batch import Batch
from deployer.kube.call import APPLY as APPLY
from deployer.kube.call import JSON as JSON
from deployer.kube.call import MERGE as MERGE
from deployer.kube.call import Bearer as Bearer
from deployer.kube.call import Call as Call
from deployer.kube.call import Endpoint as Endpoint
from deployer.kube.call import Json as Json
from deployer.kube.errors import ApiError
from deployer.kube.link import Link
from deployer.kube.pace import Pace
from deployer.kube.pool import Pool
from deployer.kube.watch import IDLE, Watch

THREADS = 16
SILENCE = 35.0  # seconds without a byte; the API server itself gives up a request after 60
PATIENCE = 30.0  # seconds of retrying one request

T = TypeVar("T")
R = TypeVar("R")


def nothing() -> None:
    """The check of a batch that needs none."""


class Kube:
    """Every call is one that may be sent twice: GET, apply, delete by uid, and writes under a resourceVersion.

    Threads may share it. `tls` is for servers that ask for more than a bearer, such as a client's certificate.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        bearer: Bearer,
        *,
        patience: float = PATIENCE,
        silence: float = SILENCE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._link = Link(endpoint, Pool(endpoint, tls), bearer, Pace(), patience, silence)

    def get(self, path: str, subject: str = "", **query: str) -> Json:
        return self.request("GET", path, subject=subject, query=query)

    def text(self, path: str, **query: str) -> str:
        """A body that is not JSON: a container's log."""
        return self._one(Call("GET", path, query=query, accept="*/*"), lambda _, body: body.decode(errors="replace"))

    def request(
        self,
        method: str,
        path: str,
        *,
        subject: str = "",
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        content: str = JSON,
        accept: str = JSON,
    ) -> Json:
        """One call; `subject` names the object in errors. ApiError when refused, Unavailable when unanswered."""
        data = json.dumps(body, separators=(",", ":")).encode() if body is not None else b""
        return self._one(Call(method, path, subject, query or {}, data, content, accept), _object)

    def many(self, calls: Iterable[Call], check: Callable[[], None] = nothing) -> list[Json | ApiError]:
        """Answers in the order of the calls; a refusal stands in its place as an ApiError and is never raised.

        One thread, many at a time; `calls` is read as it is sent. `check` is asked before each call is sent. What it
        raises, and Unavailable, is raised after what is on its way has ended.
        """
        return Batch(self._link, iter(calls), check, _object).run()

    def watch(self, path: str, query: Mapping[str, str], version: str, idle: float = IDLE) -> Watch:
        """What changes in a collection after `version`, the resourceVersion of its LIST; see `Watch`."""
        return Watch(self._link, path, query, version, idle)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Many at a time in threads, results in order; the first error is raised after all have ended."""
        todo = list(items)
        if len(todo) < 2:
            return [work(item) for item in todo]
        from concurrent.futures import ThreadPoolExecutor  # it costs a cold start 25 ms

        with ThreadPoolExecutor(min(THREADS, len(todo))) as threads:
            return [future.result() for future in [threads.submit(work, item) for item in todo]]

    def close(self) -> None:
        self._link.pool.close()

    def _one(self, call: Call, read: Callable[[Call, bytes], R]) -> R:
        answer = Batch(self._link, iter((call,)), nothing, read).run()[0]
        if isinstance(answer, ApiError):
            raise answer
        return answer


def _object(call: Call, body: bytes) -> Json:
    answer: Json = metadata.read(body) if call.accept in metadata.KINDS else json.loads(body or b"{}")
    return answer
