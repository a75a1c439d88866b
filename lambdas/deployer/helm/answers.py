"""The cluster as a chart may see it while it is rendered: a relay on this machine that reads, and can do nothing else.

helm gets an address here and a password made for this one run; the cluster's token stays with us.
"""

import hmac
import json
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from deployer.definitions import Kind
from deployer.errors import DeployError, Fatal
from deployer.kube.client import Kube
from deployer.kube.errors import ApiError

DISCOVERY = "APIGroupDiscoveryList"


@contextmanager
def kubeconfig(kube: Kube, folder: Path, brought: Sequence[Kind] = ()) -> Iterator[Path]:
    """A kubeconfig (0600) whose server answers GETs of the cluster for as long as the context lasts.

    `brought`: kinds that the chart's own crds/ bring, told of as if they were there, as for Helm they would be.
    """
    password = secrets.token_urlsafe(32)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(kube, password, brought))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    path = folder / "kubeconfig"
    try:
        path.touch(0o600)
        # In the path, because clients send a token over TLS only.
        path.write_text(_config(f"http://127.0.0.1:{server.server_address[1]}/{password}"))
        yield path
    finally:
        path.unlink()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(kube: Kube, password: str, brought: Sequence[Kind]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            given, _, path = target.path.removeprefix("/").partition("/")
            if not hmac.compare_digest(given.encode(), password.encode()):
                return self._answer(401, b"{}")
            try:
                return self._found(self._asked(f"/{path}", dict(parse_qsl(target.query))))
            except ApiError as error:
                return self._answer(error.status.code, _status(error))
            except DeployError as error:
                return self._answer(503, json.dumps({"kind": "Status", "code": 503, "message": str(error)}).encode())

        def _asked(self, path: str, query: dict[str, str]) -> dict[str, Any]:
            if query.get("watch"):
                raise Fatal("a chart cannot watch")
            # Of what the client would take only JSON: protobuf is not for reading here.
            kinds = [each.strip() for each in self.headers.get("Accept", "").split(",")]
            accept = ",".join(each for each in kinds if each.startswith("application/json")) or "application/json"
            found = kube.request("GET", path, query=query, accept=accept)
            return _with(found, brought) if path == "/apis" and found.get("kind") == DISCOVERY else found

        def _found(self, found: dict[str, Any]) -> None:
            group, _, version = str(found.get("apiVersion", "")).partition("/")
            aggregated = f";g={group};v={version};as={DISCOVERY}" if found.get("kind") == DISCOVERY else ""
            self._answer(200, json.dumps(found).encode(), f"application/json{aggregated}")

        def _answer(self, code: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """What a chart asks is nobody's news."""

    return Handler


def _with(found: dict[str, Any], brought: Sequence[Kind]) -> dict[str, Any]:
    """The server's discovery, and the kinds that are to come."""
    items = list(found.get("items") or [])
    known = {item["metadata"]["name"] for item in items}
    for group in sorted({kind.group for kind in brought} - known):
        versions = sorted({kind.version for kind in brought if kind.group == group})
        kinds = {at: [kind for kind in brought if (kind.group, kind.version) == (group, at)] for at in versions}
        told = [
            {"version": at, "freshness": "Current", "resources": [_resource(kind) for kind in kinds[at]]}
            for at in versions
        ]
        items.append({"metadata": {"name": group}, "versions": told})
    return {**found, "items": items}


def _resource(kind: Kind) -> dict[str, Any]:
    return {
        "resource": kind.plural,
        "singularResource": kind.kind.lower(),
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "verbs": ["get", "list"],
    }


def _status(error: ApiError) -> bytes:
    status = error.status
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status.code}
    return json.dumps({**told, "reason": status.reason, "message": status.message}).encode()


def _config(url: str) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "relay",
            "clusters": [{"name": "relay", "cluster": {"server": url}}],
            "contexts": [{"name": "relay", "context": {"cluster": "relay"}}],
        }
    )
