"""moto behind the gate, in this process, on a port of its own: AWS's APIs with no other room of the machine."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from local import identity
from local.context import Credentials, WSGIApplication
from local.identity import Authority
from local.settings import Addresses, Home

OWNER_KEY, OWNER_SECRET = "AKIAOWNEROWNEROWNER1", "owner-secret"


@dataclass
class GatedMoto:
    home: Home
    authority: Authority

    def owner(self, service: str) -> Any:
        return self.authority.owner_session().client(service)

    def client(self, service: str, credentials: Credentials) -> Any:
        return self.authority.session(credentials).client(service)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None: ...


def make_home(root: Path) -> Home:
    """A home on a port that nobody wants: the usual one belongs to a machine that may be running."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return Home(root, root / "cache", Addresses(port, 0, "127.1.1.1", OWNER_KEY, OWNER_SECRET))


@contextmanager
def gated_moto(root: Path, install: Callable[[Home, Authority], None] = lambda *_: None) -> Iterator[GatedMoto]:
    """A fresh account; what an earlier test left in moto's stores is gone. `install` adds a room's own services."""
    BackendDict.reset()
    home = make_home(root)
    authority = identity.create(home)
    install(home, authority)
    app: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1", home.addresses.aws_port, authority.middleware(app), threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield GatedMoto(home, authority)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
