"""A small API server over TLS and a small CloudFormation, both on 127.0.0.1, which remember what they were asked."""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from namespaces.eks import ApiServer


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Fake:
    """Answers with what is queued, then with `default`."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    queued: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    default: tuple[int, dict[str, Any]] = (200, {"status": {"phase": "Active"}})


def _serve(fake: Fake, trust: ssl.SSLContext | None) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fake.asked.append(Asked(self.command, self.path, dict(self.headers), json.loads(body or b"{}")))
            status, content = fake.queued.pop(0) if fake.queued else fake.default
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PATCH = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    fake.url = f"{'https' if trust else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def _certificate() -> tuple[bytes, bytes]:
    """(certificate, key) of an authority that is its own server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[Fake, Callable[[str], ApiServer]]]:
    """The API server, and how the function reaches it."""
    certificate, key = _certificate()
    (tmp_path / "tls.pem").write_bytes(certificate + key)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(tmp_path / "tls.pem")
    fake = Fake()
    server = _serve(fake, trust)
    yield fake, lambda name: ApiServer(fake.url, certificate.decode(), f"token-for-{name}")
    server.shutdown()
    server.server_close()


@pytest.fixture
def cloudformation() -> Iterator[Fake]:
    fake = Fake(default=(200, {}))
    server = _serve(fake, None)
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def other_authority() -> str:
    return _certificate()[0].decode()
