"""A relay in front of a real API server that does to requests what networks and busy servers do.

    with FaultProxy(plane.url, plane.ca, on_request) as proxy:      # proxy.url, proxy.ca, proxy.seen, proxy.count
        there = dataclasses.replace(plane, url=proxy.url, ca=proxy.ca)

`on_request(number, method, path) -> Fault | None` is asked for each request, counted from 1, before it is forwarded;
`path` has its query. It runs in the proxy's thread: to kill a process there is to kill it at exactly that request.
`Chaos(seed, ...)` is such a hook, by chance; `At({k: fault})` one by number.
"""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import ipaddress
import json
import random
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclasses.dataclass(frozen=True)
class Reset:
    """The connection is reset; the server never hears of the request."""


@dataclasses.dataclass(frozen=True)
class Cut:
    """The request is forwarded, and the connection reset after `after` bytes of the answer: 0 loses all of it."""

    after: int = 0


@dataclasses.dataclass(frozen=True)
class BlackHole:
    """Nothing is forwarded, nothing answered, and the connection stays open."""


@dataclasses.dataclass(frozen=True)
class Delay:
    seconds: float


@dataclasses.dataclass(frozen=True)
class Refuse:
    """An answer that the server has not given."""

    code: int
    retry_after: int | None = None
    reason: str = ""
    message: str = "refused by the fault proxy"


@dataclasses.dataclass(frozen=True)
class Stream:
    """200 and these lines as a watch's, then the end of the stream, silence, or a reset in the middle of a line."""

    lines: Sequence[Mapping[str, Any]] = ()
    then: Literal["end", "silence", "reset"] = "end"


@dataclasses.dataclass(frozen=True)
class Stop:
    """From here on nobody gets through: this request is the first that is reset, or the last that is forwarded."""

    forwarded: bool = False


Fault = Reset | Cut | BlackHole | Delay | Refuse | Stream | Stop
Hook = Callable[[int, str, str], Fault | None]


@dataclasses.dataclass(frozen=True)
class Seen:
    number: int
    method: str
    path: str
    fault: Fault | None


def error_event(code: int, reason: str = "") -> dict[str, Any]:
    """What a watch carries inside its 200 when it fails."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    return {"type": "ERROR", "object": {**status, "message": f"in-stream {code}"}}


@dataclasses.dataclass
class At:
    """A fault at each of some requests."""

    faults: Mapping[int, Fault]

    def __call__(self, number: int, method: str, path: str) -> Fault | None:
        return self.faults.get(number)


@dataclasses.dataclass
class Chaos:
    """Faults by chance, the same for the same seed and order of requests; each share is between 0 and 1."""

    seed: int
    reset: float = 0.0
    unavailable: float = 0.0
    lost: float = 0.0  # the answer is cut, mostly before its first byte
    burst: float = 0.0  # begins a burst of 429s
    burst_seconds: float = 0.5
    retry_after: int = 1

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._until = 0.0

    def __call__(self, number: int, method: str, path: str) -> Fault | None:
        if time.monotonic() < self._until:
            return Refuse(429, self.retry_after, "TooManyRequests")
        dice, roll = self._dice, self._dice.random()
        for share, fault in (
            (self.reset, Reset()),
            (self.unavailable, Refuse(503, reason="ServiceUnavailable")),
            (self.lost, Cut(dice.choice((0, 0, 20, 300)))),
        ):
            if roll < share:
                return fault
            roll -= share
        if roll < self.burst:
            self._until = time.monotonic() + self.burst_seconds
        return None


class FaultProxy:
    """Terminates TLS on both sides. `rtt` seconds are added to each request, half of it each way."""

    def __init__(self, url: str, ca: str, on_request: Hook = At({}), *, rtt: float = 0.0) -> None:  # noqa: B008
        self.on_request = on_request
        self.rtt = rtt
        self.seen: list[Seen] = []
        self.stopped = False
        self.ca, self._key = _certificate()
        where = urlsplit(url)
        self._upstream = (where.hostname or "", where.port or 443)
        self._outward = ssl.create_default_context(cadata=ca)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    @property
    def count(self) -> int:
        return len(self.seen)

    def forget(self) -> None:
        """Count from 1 again."""
        self.seen = []

    def stop(self) -> None:
        """Nobody gets through any more, and what is open is reset."""
        self._loop.call_soon_threadsafe(self._stop)

    def go_on(self) -> None:
        self.stopped = False

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "cert").write_text(self.ca)
            Path(folder, "key").write_text(self._key)
            context.load_cert_chain(Path(folder, "cert"), Path(folder, "key"))
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context, limit=1 << 24)
        self.url = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        # What was accepted just before a close is left open by Python 3.11: no more is accepted first.
        for end in self._server.sockets:
            self._loop.remove_reader(end)
        await asyncio.sleep(0.01)
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Also those in the middle of a handshake, of which no task knows; Server.abort_clients comes with Python 3.13.
        for transport in list(vars(self._loop)["_transports"].values()):
            transport.abort()
        await asyncio.sleep(0.01)

    def _stop(self) -> None:
        self.stopped = True
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = _Line(self, reader, writer)
        try:
            await line.run()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a connection that ends is what this is about
        finally:
            self._tasks.discard(task)
            line.close()

    def _fault(self, method: str, path: str) -> Fault | None:
        number = len(self.seen) + 1
        fault = Reset() if self.stopped else self.on_request(number, method, path)
        self.seen.append(Seen(number, method, path, fault))
        if isinstance(fault, Stop):
            self.stopped = True
            fault = None if fault.forwarded else Reset()
        return fault


class _Line:
    """One connection of a client, and the one to the server behind it."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy, self._reader, self._writer = proxy, reader, writer
        self._onward: asyncio.StreamWriter | None = None
        self._backward: asyncio.Task[None] | None = None
        self._left: int | None = None  # bytes of the answer until it is cut

    async def run(self) -> None:
        while request := await self._request():
            method, path, data = request
            fault = self._proxy._fault(method, path)
            await asyncio.sleep(self._proxy.rtt / 2)
            if isinstance(fault, Delay):
                await asyncio.sleep(fault.seconds)
            if isinstance(fault, Reset):
                return
            if isinstance(fault, BlackHole):
                await asyncio.sleep(3600)
            elif isinstance(fault, Refuse):
                self._writer.write(_answer(fault))
            elif isinstance(fault, Stream):
                await self._stream(fault)
            else:
                self._left = fault.after if isinstance(fault, Cut) else None
                await self._forward(data)

    def close(self) -> None:
        if self._backward:
            self._backward.cancel()
        for writer in filter(None, (self._writer, self._onward)):
            if end := writer.get_extra_info("socket"):  # none when it is closed already
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _request(self) -> tuple[str, str, bytes] | None:
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        method, path, _ = head.split(b" ", 2)
        fields = head.lower()
        body = b""
        if (at := fields.find(b"\r\ncontent-length:")) >= 0:
            body = await self._reader.readexactly(int(fields[at + 17 : fields.index(b"\r\n", at + 2)]))
        return method.decode(), path.decode(), head + body

    async def _forward(self, data: bytes) -> None:
        if self._onward is None:
            reader, self._onward = await asyncio.open_connection(*self._proxy._upstream, ssl=self._proxy._outward)
            self._backward = asyncio.create_task(self._relay(reader))
        self._onward.write(data)
        await self._onward.drain()

    async def _relay(self, reader: asyncio.StreamReader) -> None:
        """The server's bytes, up to where they are to be cut."""
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                await asyncio.sleep(self._proxy.rtt / 2)
                if self._left is not None:
                    data, self._left = data[: self._left], self._left - len(data)
                self._writer.write(data)
                await self._writer.drain()
                if self._left is not None and self._left <= 0:
                    break
        await asyncio.sleep(0.005)  # what was written goes before the reset
        self.close()

    async def _stream(self, fault: Stream) -> None:
        self._writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in fault.lines:
            self._writer.write(_chunk(json.dumps(line).encode() + b"\n"))
        if fault.then == "end":
            self._writer.write(_chunk(b""))
        if fault.then == "reset":
            self._writer.write(_chunk(b'{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"99999'))
        await self._writer.drain()
        if fault.then == "reset":
            await asyncio.sleep(0.005)
            self.close()
        if fault.then == "silence":
            await asyncio.sleep(3600)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _answer(fault: Refuse) -> bytes:
    status = {"kind": "Status", "status": "Failure", "code": fault.code, "message": fault.message}
    body = json.dumps({**status, **({"reason": fault.reason} if fault.reason else {})}).encode()
    retry = f"Retry-After: {fault.retry_after}\r\n" if fault.retry_after is not None else ""
    date = dt.datetime.now(dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    head = f"HTTP/1.1 {fault.code} Refused\r\nDate: {date}\r\n{retry}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _certificate() -> tuple[str, str]:
    """(certificate, key) of 127.0.0.1, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fault proxy")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), plain.decode()
