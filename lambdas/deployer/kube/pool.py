"""Kept connections to one server, shared by all threads; and how a new one is opened."""

import select
import socket
import ssl
import time
from collections import deque
from urllib.parse import urlsplit

from deployer.kube.call import Endpoint
from deployer.kube.connection import Address, Connection

KEPT_FOR = 45.0  # seconds that an unused connection is kept; the API server closes it after 90


class Pool:
    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None = None) -> None:
        where = urlsplit(endpoint.url)
        self.host = where.netloc.rpartition("@")[2]
        self.prefix = where.path.rstrip("/")
        self._name, self._port = where.hostname or "", where.port or 443
        self._tls = tls or ssl.create_default_context(cadata=endpoint.ca)
        self._idle: deque[Connection] = deque()
        self._addresses: list[Address] = []
        self._session: ssl.SSLSession | None = None

    def take(self) -> Connection | None:
        """A kept connection that the other side has not closed; None when there is none."""
        while self._idle:
            try:
                found = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if time.monotonic() - found.since < KEPT_FOR and not _readable(found.fd):
                return found
            found.close()
        return None

    def open(self) -> Connection:
        """A new connection on its way. OSError when the name cannot be resolved or no address be reached."""
        if not self._addresses:
            found = socket.getaddrinfo(self._name, self._port, type=socket.SOCK_STREAM)
            self._addresses = [(family, address) for family, _, _, _, address in found]
        return Connection(self._addresses[0], self._tls, self._name, self._session)

    def unreachable(self) -> None:
        """The address did not take a connection: the next attempt goes to the next one, and then asks DNS again."""
        self._addresses = self._addresses[1:]

    def give(self, connection: Connection) -> None:
        connection.since = time.monotonic()
        if self._session is None:
            self._session = connection.ticket()
        self._idle.append(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _readable(fd: int) -> bool:
    """An idle connection that has something to say says that it is closed."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))
