"""The machine's AWS: moto in this process, behind our front, on 127.0.0.1.

create → (rooms mount, gate, register routes) → load what was kept → serve → keep what changes → stop
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local.aws import defaults
from local.aws.front import Front
from local.aws.snapshot import Snapshot
from local.context import WSGIApplication
from local.httpd import Server
from local.settings import Home

POLL = 0.05  # seconds until a stop is seen


class AwsServer:
    """Nothing is served before `start`, which is given the gate."""

    def __init__(self, home: Home) -> None:
        defaults.apply()
        self.home = home
        self.snapshot = Snapshot(home.aws)
        self.front = Front(DomainDispatcherApplication(_application), self.snapshot.touch)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def mount(self, prefix: str, app: WSGIApplication) -> None:
        self.front.mount(prefix, app)

    def settle(self) -> None:
        self.snapshot.settle()

    def start(self, gate: Callable[[WSGIApplication], WSGIApplication]) -> None:
        """Bind the port and serve in a thread; an address in use is the caller's OSError."""
        _keep_logs(self.home)
        self.front.gate(gate)
        self._server = Server(self.home.addresses.aws_port, self.front)
        self.snapshot.start()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), name="aws-http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, then keep the last state."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self.snapshot.stop()


def create_server(home: Home) -> AwsServer:
    return AwsServer(home)


def _application(service: Any) -> Any:
    """moto's application of a service; None is a service that moto does not know."""
    if service is None:
        raise NotImplementedError
    return create_backend_app(service)


def _keep_logs(home: Home) -> None:
    """moto and ours log to a file; moto's warnings about types it lacks are answered by our own errors."""
    home.logs.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(home.logs / "aws.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("moto", "local"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
