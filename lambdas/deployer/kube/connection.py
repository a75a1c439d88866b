"""One TLS connection that never blocks: connect, shake hands, write, read, each as far as it goes."""

import errno
import os
import socket
import ssl
import time
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

# Milliseconds that sent bytes may stay unacknowledged: a peer that has gone without a word (a function that was frozen,
# a load balancer that forgot us) is found here, not by the silence of a server that thinks.
UNACKNOWLEDGED = 10_000
PIECE = 64 * 1024
Address = tuple[socket.AddressFamily, Any]


class Connection:
    """`wants` says for what to wait before the next step. OSError from any step: close it."""

    __slots__ = ("_context", "_name", "_out", "_raw", "_tls", "fd", "ready", "served", "session", "since", "wants")

    def __init__(
        self, address: Address, context: ssl.SSLContext, name: str, session: ssl.SSLSession | None = None
    ) -> None:
        self._raw = socket.socket(address[0], socket.SOCK_STREAM)
        self._raw.setblocking(False)
        self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
            self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
            self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        self._context = context
        self._name = name
        self.session = session
        self._tls: ssl.SSLSocket | None = None
        self._out = memoryview(b"")
        self.fd = self._raw.fileno()
        self.ready = False
        self.served = 0  # answers that it has carried
        self.since = time.monotonic()  # when it was opened, and later when it was last used
        self.wants = EVENT_WRITE
        code = self._raw.connect_ex(address[1])
        if code not in (0, errno.EINPROGRESS):
            self._raw.close()
            raise OSError(code, os.strerror(code))

    def advance(self) -> bool:
        """Take the handshake as far as it goes; True when requests may be sent."""
        if self._tls is None:
            code = self._raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self._tls = self._context.wrap_socket(
                self._raw, server_hostname=self._name, do_handshake_on_connect=False, session=self.session
            )
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self.wants = EVENT_READ
            return False
        except ssl.SSLWantWriteError:
            self.wants = EVENT_WRITE
            return False
        self.ready, self.wants = True, EVENT_READ
        return True

    def write(self, data: bytes) -> None:
        """Send as much as goes at once; `flush` the rest when the socket takes more."""
        self._out = memoryview(data)
        self.flush()

    def flush(self) -> None:
        assert self._tls is not None
        while self._out:
            try:
                self._out = self._out[self._tls.send(self._out) :]
            except ssl.SSLWantWriteError:
                self.wants = EVENT_READ | EVENT_WRITE
                return
            except ssl.SSLWantReadError:
                break
        self.wants = EVENT_READ

    def read(self) -> bytes | None:
        """What has come; b"" when the other side has closed, None when there is nothing yet."""
        assert self._tls is not None
        if self._out:
            self.flush()
        try:
            return self._tls.recv(PIECE)
        except ssl.SSLWantReadError:
            return None

    def ticket(self) -> ssl.SSLSession | None:
        """What a later connection to the same server may resume with."""
        session = self._tls.session if self._tls else None
        return session if session is not None and session.has_ticket else None

    def close(self) -> None:
        (self._tls or self._raw).close()
