"""An account that knows one job and one cluster, and that cluster: it notes when the first byte comes."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CLUSTER = "shop"
JOB = "11111111-2222-3333-4444-555555555555"


class Listener:
    """A server's port on which nobody answers: the connection is shut once its first byte has come."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.first: float | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed
            with connection:
                if connection.recv(1) and self.first is None:
                    self.first = time.monotonic()

    def close(self) -> None:
        self._socket.close()


@contextmanager
def account(cluster_port: int, authority: str) -> Iterator[str]:
    """The URL at which AWS's APIs answer."""
    described = {
        "name": CLUSTER,
        "status": "ACTIVE",
        "endpoint": f"https://127.0.0.1:{cluster_port}",
        "certificateAuthority": {"data": base64.b64encode(authority.encode()).decode()},
    }
    details = {"id": JOB, "accountId": "123456789012", "data": {"pipelineContext": context()}}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            target = self.headers.get("X-Amz-Target", "")
            self._answer({"jobDetails": details} if target.endswith(".GetJobDetails") else {})

        def do_GET(self) -> None:
            self._answer({"cluster": described})

        def _answer(self, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: each start is shown once, with its time."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def context() -> dict[str, Any]:
    return {
        "pipelineName": "shop",
        "stage": {"name": "dev"},
        "action": {"name": "Deploy", "actionExecutionId": "66666666-7777-8888-9999-000000000000"},
        "pipelineExecutionId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    }


def event() -> dict[str, Any]:
    """The job, as CodePipeline hands it to a function."""
    keys = {"accessKeyId": "k", "secretAccessKey": "s", "sessionToken": "t"}
    where = {"type": "S3", "s3Location": {"bucketName": "bucket", "objectKey": "release"}}
    data = {
        "actionConfiguration": {"configuration": {"FunctionName": "deployer", "UserParameters": ""}},
        "inputArtifacts": [{"name": "Release", "revision": None, "location": where}],
        "outputArtifacts": [],
        "artifactCredentials": keys,
    }
    return {"CodePipeline.job": {"id": JOB, "accountId": "123456789012", "data": data}}
