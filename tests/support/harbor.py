"""A Harbor over TLS, as far as API v2.0's swagger words the two operations that are asked: getArtifact and
getVulnerabilitiesAddition. What it holds, a test lays down; who asks, it checks as Harbor does.
"""

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NATIVE = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0"  # unless another one is asked for
GENERIC = "application/vnd.security.vulnerability.report; version=1.1"
Answer = tuple[int, Any]


@dataclass
class Artifact:
    """`overview` and `report` by form; none: nobody has scanned it. `there` says whether it was pushed yet."""

    digest: str
    tags: tuple[str, ...] = ()
    push_time: str = "2026-01-01T12:00:00.000Z"
    overview: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    there: Callable[[], bool] = lambda: True


@dataclass
class FakeHarbor:
    """`rights` are the robot's; `broken` answers everything in the place of what is held."""

    folder: Path
    robot: str = "robot$shop+pull"
    password: str = "harbor-secret"
    rights: tuple[str, ...] = ("artifact", "artifact-addition")
    held: dict[str, list[Artifact]] = field(default_factory=dict)  # by project/repository
    broken: Answer | None = None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        argv += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(
            [*argv, "-keyout", "harbor.key", "-out", "harbor.crt"], cwd=self.folder, check=True, capture_output=True
        )
        self.authority = self.folder / "harbor.crt"
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.authority, self.folder / "harbor.key")
        self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        self.host = f"localhost:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def hold(self, repository: str, artifact: Artifact) -> None:
        self.held.setdefault(repository, []).append(artifact)

    def answer(self, target: str, authorization: str, accept: str | None) -> Answer:
        self.asked.append(target)
        if self.broken:
            return self.broken
        known = base64.b64encode(f"{self.robot}:{self.password}".encode()).decode()
        if authorization != f"Basic {known}":
            return 401, _errors("UNAUTHORIZED", "unauthorized: unauthorized")
        place = urlsplit(target)
        parts = place.path.split("/")
        if parts[:4] != ["", "api", "v2.0", "projects"] or parts[5] != "repositories" or parts[7] != "artifacts":
            return 404, _errors("NOT_FOUND", f"path {place.path} was not found")
        # The router takes one escape away, the handler the other.
        repository = f"{parts[4]}/{unquote(unquote(parts[6]))}"
        below = "/".join(parts[9:])
        right = "artifact-addition" if below else "artifact"
        if right not in self.rights:
            return 403, _errors("FORBIDDEN", "forbidden: ")
        found = self._find(repository, parts[8])
        if found is None:
            return 404, _errors("NOT_FOUND", f"artifact {repository}@{parts[8]} not found")
        forms = [form.strip() for form in (accept or NATIVE).split(",")]
        if below == "additions/vulnerabilities":
            return 200, _first(found.report, forms)
        overview = parse_qs(place.query).get("with_scan_overview") == ["true"]
        return 200, _told(found, _first(found.overview, forms) if overview else {})

    def _find(self, repository: str, reference: str) -> Artifact | None:
        for each in self.held.get(repository, []):
            if reference in (each.digest, *each.tags) and each.there():
                return each
        return None


def summary(status: str, **more: Any) -> dict[str, Any]:
    """A NativeReportSummary."""
    return {"report_id": "1", "scan_status": status, "severity": "High", "duration": 8, "complete_percent": 100, **more}


def found(*items: tuple[str, str]) -> dict[str, Any]:
    """A report with findings of an id and a severity."""
    listed = [
        {"id": name, "severity": severity, "package": "openssl", "version": "3.0.1", "fix_version": "", "links": []}
        for name, severity in items
    ]
    return {"generated_at": "2026-01-01T12:00:09Z", "severity": "High", "vulnerabilities": listed}


def _first(by_form: dict[str, Any], forms: list[str]) -> dict[str, Any]:
    """The first form that is asked for and there, by its name; an empty mapping when there is none."""
    return next(({form: by_form[form]} for form in forms if form in by_form), {})


def _told(artifact: Artifact, overview: dict[str, Any]) -> dict[str, Any]:
    told = {"id": 1, "type": "IMAGE", "digest": artifact.digest, "push_time": artifact.push_time}
    return {
        **told,
        "tags": [{"name": tag} for tag in artifact.tags],
        **({"scan_overview": overview} if overview else {}),
    }


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}]}


def _handler(harbor: FakeHarbor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = self.headers
            status, told = harbor.answer(
                self.path, headers.get("Authorization", ""), headers.get("X-Accept-Vulnerabilities")
            )
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"https://{harbor.host}/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
