"""HTTP/1.1 as bytes: a request, and an answer that is read piece by piece. No socket is known here.

http.client costs 0.26 ms of CPU an answer, most of it for reading headers that nobody asks for.
"""

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

LONGEST_HEAD = 64 * 1024  # bytes of status line and headers
_TARGET = re.compile(r"[!-~]+")
_VALUE = re.compile(r"[ -~]*")
_FRAMING = re.compile(rb"\r\n(content-length|content-encoding|transfer-encoding|connection): *([^\r\n]*)")


class Garbled(OSError):
    """What came is not a whole HTTP answer: the connection is of no further use."""


def target(path: str, query: Mapping[str, str]) -> str:
    """Path and sorted query; ValueError for what would end the request line early."""
    found = path + (_encoded(tuple(sorted(query.items()))) if query else "")
    if not _TARGET.fullmatch(found):
        raise ValueError(f"not the path of a request: {found!r}")
    return found


@lru_cache(maxsize=64)  # a release's calls differ in their paths only
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return "?" + urlencode(query)


def headers(values: Mapping[str, str]) -> bytes:
    """The header lines that many requests share."""
    for name, value in values.items():
        if not _VALUE.fullmatch(value):
            raise ValueError(f"not the value of a header: {name}")
    return "".join(f"{name}: {value}\r\n" for name, value in values.items()).encode("ascii")


def request(method: str, where: str, shared: bytes, body: bytes = b"") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body) if body or method not in ("GET", "DELETE") else b""
    return b"%s %s HTTP/1.1\r\n%s%s\r\n%s" % (method.encode(), where.encode(), shared, length, body)


class Answer:
    """One answer in the making. `feed` what arrives, `end` when nothing more will; `done` when it is whole."""

    __slots__ = ("_body", "_chunked", "_head", "_inflate", "_left", "_rest", "begun", "code", "done", "keep")

    def __init__(self) -> None:
        self.code = 0
        self.begun = False  # a byte has come
        self.done = False
        self.keep = True  # the connection may carry another request
        self._head = b""  # lower case, once it is whole
        self._rest = b""  # what has come and cannot be read yet
        self._left = 0  # bytes of the body, or of its present chunk, that are to come; -1: up to the end
        self._chunked = False  # chunked
        self._inflate: zlib._Decompress | None = None
        self._body: list[bytes] = []

    def header(self, name: str) -> str:
        """The value of a header in lower case, "" when it is not there."""
        start = self._head.find(b"\r\n" + name.encode() + b":")
        if start < 0:
            return ""
        start += len(name) + 3
        end = self._head.find(b"\r\n", start)
        return self._head[start : end if end >= 0 else None].strip().decode("latin-1")

    def take(self) -> bytes:
        """What has come of the body since the last call."""
        taken = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        return taken

    def feed(self, data: bytes) -> None:
        self.begun = True
        if not self._head:
            data = self._read_head(self._rest + data)
            if not self._head:
                return
        if self._chunked:
            self._chunks(self._rest + data)
        elif data or self.done:
            self._plain(data)

    def end(self) -> None:
        """The other side has closed. Garbled unless that is how this answer ends."""
        if not self._head or self._left >= 0:
            raise Garbled("the connection was closed in the middle of an answer" if self.begun else "no answer came")
        self.done, self.keep = True, False

    def _read_head(self, data: bytes) -> bytes:
        """Read the head when it is whole, and return what follows it; interim answers (1xx) are passed over."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > LONGEST_HEAD:
                raise Garbled("the head of the answer does not end")
            self._rest = data
            return b""
        head, rest = data[:end].lower(), data[end + 4 :]
        try:
            self.code = int(head[9:12])
        except ValueError:
            raise Garbled("not an HTTP answer") from None
        if not head.startswith(b"http/1."):
            raise Garbled("not an HTTP/1 answer")
        if self.code < 200:
            return self._read_head(rest)
        self._head, self._rest = head, b""
        self._frame()
        return rest

    def _frame(self) -> None:
        """How long the body is, and how it is packed."""
        found = dict(_FRAMING.findall(self._head))
        if found.get(b"connection") == b"close" or self._head.startswith(b"http/1.0"):
            self.keep = False
        if found.get(b"content-encoding") == b"gzip":
            self._inflate = zlib.decompressobj(31)
        if found.get(b"transfer-encoding") == b"chunked":
            self._chunked = True
            return
        length = found.get(b"content-length", b"")
        if self.code in (204, 304):
            length = b"0"
        if length and not length.isdigit():
            raise Garbled("the length of the answer is no number")
        self._left = int(length) if length else -1
        self.done = self._left == 0

    def _plain(self, data: bytes) -> None:
        if self._left >= 0:
            self._left -= len(data)
            if self._left < 0:
                raise Garbled("more came than the answer's length")
            self.done = self._left == 0
        self._add(data)

    def _chunks(self, data: bytes) -> None:
        """Chunks as far as they have come; `_left` counts a chunk's line end, too."""
        at = 0
        while not self.done:
            if self._left:
                piece = data[at : at + self._left]
                self._left -= len(piece)
                at += len(piece)
                # The two bytes of the line end may come apart from the rest.
                cut = max(0, 2 - self._left)
                self._add(piece[: max(0, len(piece) - cut)])
                if self._left:
                    break
                continue
            line = data.find(b"\r\n", at)
            if line < 0:
                break
            try:
                size = int(data[at:line].split(b";", 1)[0], 16)
            except ValueError:
                raise Garbled("the length of a chunk is no number") from None
            if size == 0:
                # Trailers are never asked for: the empty line is all that follows.
                if len(data) < line + 4:
                    break
                self.done, at = True, line + 4
                self.keep = self.keep and at == len(data)
                break
            at, self._left = line + 2, size + 2
        self._rest = data[at:] if not self.done else b""

    def _add(self, data: bytes) -> None:
        if not data:
            return
        if self._inflate is not None:
            try:
                data = self._inflate.decompress(data)
            except zlib.error as error:
                raise Garbled(f"the answer cannot be unpacked: {error}") from error
        if data:
            self._body.append(data)
