"""A threaded HTTP/1.1 server for WSGI applications: one thread per connection, connections kept alive.

Werkzeug's own server closes every connection after one answer; a deployer that makes a hundred calls would pay
for a hundred. The request's body is read before the application runs, so that a connection is always clean for
the next request; the answer is streamed.
"""

import socket
import sys
import tempfile
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from wsgiref.simple_server import WSGIServer

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from local.context import WSGIApplication

BODY_IN_MEMORY = 8 * 1024 * 1024
CHUNK = 256 * 1024
BODYLESS = {"204", "304"}


class Server(ThreadingMixIn, WSGIServer):
    """Listens at once; serves in `serve_forever`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: WSGIApplication) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.app = app

    def server_bind(self) -> None:
        # HTTPServer asks the resolver for its own name here, which can hang on a machine without DNS.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name = "127.0.0.1"
        self.server_port = int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours; anything else goes to the log."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "AWS"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 120
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests are not logged: the services' own records say what happened."""

    def handle_expect_100(self) -> bool:
        done = super().handle_expect_100()
        self.wfile.flush()
        return done

    def serve(self) -> None:
        with tempfile.SpooledTemporaryFile(BODY_IN_MEMORY) as body:
            length = self._read_body(body)
            if length is None:
                return
            body.seek(0)
            _Answer(self).run(self.server.app, self._environ(body, length))
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = serve  # noqa: N815

    def _read_body(self, into: IO[bytes]) -> int | None:
        """The body's length; None when the request cannot be read and was answered."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks(into)
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            self.close_connection = True
            self.send_error(400, "Content-Length is not a number")
            return None
        return self._copy(into, length)

    def _read_chunks(self, into: IO[bytes]) -> int:
        total = 0
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            total += self._copy(into, size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return total

    def _copy(self, into: IO[bytes], length: int) -> int:
        left = length
        while left:
            piece = self.rfile.read(min(left, CHUNK))
            if not piece:
                raise ConnectionError("the client went away in the middle of its request")
            into.write(piece)
            left -= len(piece)
        return length

    def _environ(self, body: IO[bytes], length: int) -> dict[str, Any]:
        target = self.path if self.path.startswith("/") else _origin_form(self.path)
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "iso-8859-1"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "REQUEST_URI": target,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        return environ | _header_environ(self.headers.items())


def _origin_form(absolute: str) -> str:
    parts = urlsplit(absolute)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _header_environ(headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Headers as WSGI names them. Only S3's metadata may carry an underscore, and keeps its spelling."""
    environ: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for name, value in headers:
        if name.lower() in ("content-length", "transfer-encoding", "expect"):
            continue
        if "_" in name:
            if not should_preserve_original_header_name(name):
                continue
            spelled[environ_key_for_header(name)] = name
        key = environ_key_for_header(name)
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = spelled
    return environ


class _Answer:
    """One answer on its way: headers go out with the first bytes, so that small answers are one packet."""

    def __init__(self, handler: _Handler) -> None:
        self.handler = handler
        self.status = ""
        self.headers: list[tuple[str, str]] = []

    def run(self, app: WSGIApplication, environ: dict[str, Any]) -> None:
        pieces = app(environ, self._start)
        try:
            self._send(pieces, head=environ["REQUEST_METHOD"] == "HEAD")
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.headers = status, headers
        return None

    def _send(self, pieces: Iterable[bytes], *, head: bool) -> None:
        known = any(name.lower() == "content-length" for name, _ in self.headers)
        bodyless = head or self.status.split(" ", 1)[0] in BODYLESS
        if isinstance(pieces, (list, tuple)) and not known and not bodyless:
            pieces = [b"".join(pieces)]
            self.headers = [*self.headers, ("Content-Length", str(len(pieces[0])))]
            known = True
        iterator = iter(pieces)
        first = next(iterator, b"")  # a generator application calls start_response only now
        chunked = not known and not bodyless and not self._has_length()
        self._send_head(chunked=chunked)
        if bodyless:
            return
        self._write(first, chunked=chunked)
        for piece in iterator:
            self._write(piece, chunked=chunked)
            self.handler.wfile.flush()
        if chunked:
            self.handler.wfile.write(b"0\r\n\r\n")

    def _has_length(self) -> bool:
        return any(name.lower() == "content-length" for name, _ in self.headers)

    def _send_head(self, *, chunked: bool) -> None:
        code, _, reason = self.status.partition(" ")
        self.handler.send_response(int(code), reason)
        for name, value in self.headers:
            if name.lower() not in ("connection", "date", "server"):
                self.handler.send_header(name, value)
        if chunked:
            self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()

    def _write(self, piece: bytes, *, chunked: bool) -> None:
        if not piece:
            return
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
