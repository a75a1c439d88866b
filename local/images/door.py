"""The front's door for the machine: TLS on `registry_ip`:443, under ECR's own host name."""

import socket
import ssl
import threading
from pathlib import Path
from typing import Any

from local.context import WSGIApplication
from local.httpd import Server

HANDSHAKE_SECONDS = 10


class Door(Server):
    """Listens at once; `open` serves in a thread."""

    def __init__(self, address: str, port: int, app: WSGIApplication, certificate: Path, key: Path) -> None:
        self._address = (address, port)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        super().__init__(port, app)

    def server_bind(self) -> None:
        self.server_address = self._address
        super().server_bind()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake is made in the connection's own thread: a client that stalls holds up nobody."""
        assert isinstance(request, socket.socket)
        request.settimeout(HANDSHAKE_SECONDS)
        with self._tls.wrap_socket(request, server_side=True) as secured:
            secured.settimeout(None)
            super().finish_request(secured, client_address)

    def open(self) -> None:
        threading.Thread(target=self.serve_forever, name="registry-https", daemon=True).start()

    def shut(self) -> None:
        self.shutdown()
        self.server_close()
