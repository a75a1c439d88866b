"""One signed HTTP request as the gate reads it: the bytes as they were sent, before any framework decodes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class WireRequest:
    """A WSGI environ, read lazily. Only `body` consumes the input, and it puts the same bytes back."""

    environ: dict[str, Any]

    @property
    def method(self) -> str:
        return str(self.environ.get("REQUEST_METHOD", "GET"))

    @cached_property
    def raw_path(self) -> str:
        """The path as sent, percent signs and all; signatures are made over it."""
        raw = str(self.environ.get("RAW_URI") or self.environ.get("REQUEST_URI") or self.environ.get("PATH_INFO", "/"))
        if "://" in raw.split("?", 1)[0]:
            raw = "/" + raw.split("://", 1)[1].partition("/")[2]
        return raw.split("?", 1)[0] or "/"

    @cached_property
    def path(self) -> str:
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Name and value pairs in the order sent, decoded; a plus sign is a plus sign, as AWS reads it."""
        return tuple(_pairs(str(self.environ.get("QUERY_STRING", ""))))

    @cached_property
    def arguments(self) -> dict[str, str]:
        return dict(self.query)

    def header(self, name: str) -> str | None:
        key = name.upper().replace("-", "_")
        value = self.environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}")
        return None if value is None else str(value)

    @cached_property
    def body(self) -> bytes:
        """The whole body. Never asked for S3's uploads, which stream through."""
        stream = self.environ.get("wsgi.input")
        if stream is None:
            return b""
        length = self.header("content-length")
        if length:
            data = bytes(stream.read(int(length)))
        else:
            # Only a server that ends the stream itself (a chunked body) may be read to the end.
            data = bytes(stream.read()) if self.environ.get("wsgi.input_terminated") else b""
        self.environ["wsgi.input"] = BytesIO(data)
        return data


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for item in text.split("&"):
        if item:
            name, _, value = item.partition("=")
            yield unquote(name), unquote(value)
