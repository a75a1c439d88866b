"""A small pooled HTTP/1.1 client: raw dicts in and out, retries where they are safe.

http.client and threads, because CPU per object is what a small function lacks (0.26 ms here, 1.4 ms with typed models),
and because the API server is the bottleneck from sixteen connections on.
"""

import http.client
import json
import queue
import random
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

from deployer.errors import Unavailable
from deployer.kube.errors import Status, failure

CONNECTIONS = 16
TIMEOUT = 35.0  # seconds without a byte; the API server itself gives up a request after 60
PATIENCE = 30.0  # seconds of retrying one request

APPLY = "application/apply-patch+yaml"
JSON = "application/json"

T = TypeVar("T")
R = TypeVar("R")
Json = dict[str, Any]


class Bearer(Protocol):
    def __call__(self, renew: bool = False) -> str: ...


@dataclass(frozen=True)
class Endpoint:
    url: str
    ca: str  # PEM
    identity: str  # who the bearer is, for messages


class Kube:
    """Every call is one that may be sent twice: GET, apply, delete by uid, and writes under a resourceVersion."""

    def __init__(self, endpoint: Endpoint, bearer: Bearer, *, patience: float = PATIENCE) -> None:
        self._host = urlsplit(endpoint.url)
        self._tls = ssl.create_default_context(cadata=endpoint.ca)
        self._endpoint = endpoint
        self._bearer = bearer
        self._patience = patience
        self._idle: queue.LifoQueue[http.client.HTTPSConnection] = queue.LifoQueue()

    def get(self, path: str, subject: str = "", **query: str) -> Json:
        return self.request("GET", path, subject=subject, query=query)

    def text(self, path: str, **query: str) -> str:
        """A body that is not JSON: a container's log."""
        return self._send("GET", path, "", query, b"", JSON, "*/*").decode(errors="replace")

    def request(
        self,
        method: str,
        path: str,
        *,
        subject: str = "",
        query: dict[str, str] | None = None,
        body: Json | None = None,
        content: str = JSON,
        accept: str = JSON,
    ) -> Json:
        """One call; `subject` names the object in errors. ApiError when refused, Unavailable when unanswered."""
        data = json.dumps(body, separators=(",", ":")).encode() if body is not None else b""
        answer: Json = json.loads(self._send(method, path, subject, query or {}, data, content, accept) or b"{}")
        return answer

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Many at a time, results in order; the first error is raised after all have ended."""
        todo = list(items)
        if len(todo) < 2:
            return [work(item) for item in todo]
        with ThreadPoolExecutor(min(CONNECTIONS, len(todo))) as threads:
            return [future.result() for future in [threads.submit(work, item) for item in todo]]

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _send(
        self, method: str, path: str, subject: str, query: dict[str, str], data: bytes, content: str, accept: str
    ) -> bytes:
        target = path + ("?" + urlencode(sorted(query.items())) if query else "")
        until = time.monotonic() + self._patience
        renewed = False
        for attempt in range(1_000):
            headers = {"Authorization": f"Bearer {self._bearer()}", "Accept": accept, "Content-Type": content}
            try:
                code, retry_after, answer = self._exchange(method, target, data, headers)
            except (OSError, http.client.HTTPException) as broken:
                if isinstance(broken, ssl.SSLCertVerificationError) or time.monotonic() > until:
                    raise Unavailable(f"the cluster at {self._endpoint.url} does not answer: {broken}") from broken
                self._pause(attempt, "", until)
                continue
            if code < 300:
                return answer
            if code == 401 and not renewed:
                renewed = bool(self._bearer(renew=True))
                continue
            body = _status(answer)
            if Status.read(code, body).retryable and time.monotonic() < until:
                self._pause(attempt, retry_after, until)
                continue
            raise failure(code, body, subject or path, self._endpoint.identity)
        raise Unavailable(f"the cluster at {self._endpoint.url} does not answer")

    def _exchange(self, method: str, target: str, data: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = http.client.HTTPSConnection(
                self._host.hostname or "", self._host.port or 443, context=self._tls, timeout=TIMEOUT
            )
        try:
            connection.request(method, target, data or None, headers)
            response = connection.getresponse()
            answer = response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.put(connection)
        return response.status, response.headers.get("Retry-After", ""), answer

    def _pause(self, attempt: int, retry_after: str, until: float) -> None:
        wanted = float(retry_after) if retry_after.isdigit() else min(5.0, 0.1 * 2**attempt)
        time.sleep(max(0.0, min(wanted * random.uniform(0.5, 1.0), until - time.monotonic())))  # noqa: S311 (jitter)


def _status(answer: bytes) -> Json:
    try:
        body = json.loads(answer)
    except ValueError:
        return {"message": answer.decode(errors="replace")[:300]}
    return body if isinstance(body, dict) else {}
