"""A registry over TLS whose answers a test lays down, and a chart for it to hold."""

import hashlib
import json
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from deployer.charts.reference import Reference
from deployer.charts.registry import CONFIG, CONTENT, MANIFEST, Registries
from tests.support.packed import packed

CHART = packed({"shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.2.3\n", "shop/templates/a.yaml": "a: 1\n"})


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def manifest(content: bytes = CHART, config: str = CONFIG, media: str = CONTENT, **words: Any) -> bytes:
    layers = [{"mediaType": media, "digest": digest(content), "size": len(content)}]
    told = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": config}, "layers": layers, **words}
    return json.dumps(told).encode()


class ChartRegistry:
    """`answers`: path -> (status, headers, body); `asked`: (path, authorization) of each request."""

    def __init__(self, folder: Path) -> None:
        argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        argv += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "crt.pem"]
        subprocess.run(argv, cwd=folder, check=True, capture_output=True)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answers.asked.append((self.path, self.headers.get("Authorization", "")))
                code, headers, body = answers.answers.get(self.path, (404, {}, b"{}"))
                self.send_response(code)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "crt.pem", folder / "key.pem")
        self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        self.host = f"localhost:{self.http.server_address[1]}"
        self.authority = folder / "crt.pem"
        self.trust = ssl.create_default_context(cafile=str(self.authority))
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def hold(self, content: bytes = CHART, told: bytes | None = None, path: str = "charts/shop") -> Reference:
        told = manifest(content) if told is None else told
        self.answers[f"/v2/{path}/manifests/{digest(told)}"] = (200, {}, told)
        self.answers[f"/v2/{path}/blobs/{digest(content)}"] = (200, {}, content)
        return Reference(self.host, path, "1.2.3", digest(told))

    def registries(self, **words: Any) -> Registries:
        words = {"allowed": frozenset({self.host}), "basic": lambda host: "QVdTOnB3", **words}
        return Registries(tls=lambda: self.trust, **words)
