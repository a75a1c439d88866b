"""moto behind the gate, in this process, on a port of its own: AWS's APIs with no other room of the machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local import identity
from local.aws.http import Server
from local.context import Credentials, WSGIApplication
from local.identity import Authority
from local.settings import Home


@dataclass
class GatedMoto:
    home: Home
    authority: Authority

    def owner(self, service: str) -> Any:
        return self.authority.owner_session().client(service)

    def client(self, service: str, credentials: Credentials) -> Any:
        return self.authority.session(credentials).client(service)


@contextmanager
def gated_moto(root: Path) -> Iterator[GatedMoto]:
    """A fresh account; what an earlier test left in moto's stores is gone."""
    BackendDict.reset()
    home = Home.open({"SHIPLINE_HOME": str(root), "SHIPLINE_CACHE": str(root / "cache")})
    authority = identity.create(home)
    app: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    server = Server(home.addresses.aws_port, authority.middleware(app))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield GatedMoto(home, authority)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
