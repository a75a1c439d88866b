"""Lambda's Runtime API for one invocation: HTTP on loopback, which the runtime asks for its event.

next → the event (once) → response | error | init/error. A second `next` means the runtime is done with the first.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

_PREFIX = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Event:
    request_id: str
    function_arn: str
    payload: bytes
    timeout: float  # seconds, from the moment the runtime takes the event


@dataclass
class Exchange:
    """What has passed between the runtime and us."""

    taken: float | None = None  # time.monotonic() at which the runtime took the event
    answer: bytes | None = None
    failed: bool = False
    changed: threading.Event = field(default_factory=threading.Event)  # the event was taken, or all is done
    done: bool = False  # answered and asks for more, or failed to start


class RuntimeApi(ThreadingMixIn, TCPServer):
    """`with RuntimeApi(event) as api:` serves at `api.address` until the end of the block."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, event: Event) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event = event
        self.exchange = Exchange()
        self.ended = threading.Event()
        self.address = f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "RuntimeApi":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """The runtime was ended while it talked to us: that is how every invocation ends."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The function's own log is its record."""

    def do_GET(self) -> None:
        if self.path != f"{_PREFIX}invocation/next":
            self._reply(404, b"{}", {})
            return
        exchange = self.server.exchange
        if exchange.taken is not None:
            # Done: Lambda freezes the runtime here, we end it. It hears nothing more.
            exchange.done = True
            exchange.changed.set()
            self.server.ended.wait()
            self.close_connection = True
            return
        exchange.taken = time.monotonic()
        event = self.server.event
        deadline = int((time.time() + event.timeout) * 1000)
        self._reply(
            200,
            event.payload,
            {
                "Lambda-Runtime-Aws-Request-Id": event.request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": event.function_arn,
            },
        )
        exchange.changed.set()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        invocation = f"{_PREFIX}invocation/{self.server.event.request_id}/"
        routes: dict[str, Callable[[bytes], None]] = {
            f"{invocation}response": self._succeeded,
            f"{invocation}error": self._failed,
            f"{_PREFIX}init/error": self._never_started,
        }
        route = routes.get(self.path)
        if route is None:
            self._reply(404, b"{}", {})
            return
        route(body)
        self._reply(202, b'{"status":"OK"}', {})

    def _succeeded(self, body: bytes) -> None:
        self.server.exchange.answer = body

    def _failed(self, body: bytes) -> None:
        self.server.exchange.answer, self.server.exchange.failed = body, True

    def _never_started(self, body: bytes) -> None:
        self._failed(body)
        self.server.exchange.done = True
        self.server.exchange.changed.set()

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
