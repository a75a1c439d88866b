"""The shop's front: `GET /` answers with today's offer, which it asks the api service for.

Environment: API_URL (the api Service), API_TOKEN (what the api wants to hear), ENVIRONMENT, GREETING, PORT.
"""

import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = "1.0.0"
API_TIMEOUT = 2.0  # seconds: a page that waits longer is a page that failed


@dataclass(frozen=True)
class Settings:
    api_url: str
    api_token: str
    environment: str
    greeting: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        return cls(
            api_url=environ.get("API_URL", "http://api:8080"),
            api_token=environ.get("API_TOKEN", ""),
            environment=environ.get("ENVIRONMENT", "local"),
            greeting=environ.get("GREETING", "Welcome to the shop"),
        )


class ApiUnavailable(Exception):
    """The api service did not answer as it should; the message says how."""


def fetch_offer(settings: Settings) -> dict[str, Any]:
    """The api's offer of the day; ApiUnavailable when there is none to be had."""
    request = urllib.request.Request(
        f"{settings.api_url}/offer", headers={"Authorization": f"Bearer {settings.api_token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=API_TIMEOUT) as answer:
            offer: dict[str, Any] = json.load(answer)
            return offer
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise ApiUnavailable(f"{settings.api_url}: {error}") from error


def page(settings: Settings) -> tuple[int, dict[str, Any]]:
    """Status and body of the front page; 502 names what is wrong with the api."""
    front = {"service": "web", "version": VERSION, "environment": settings.environment, "greeting": settings.greeting}
    try:
        return 200, {**front, "api": fetch_offer(settings)}
    except ApiUnavailable as error:
        return 502, {**front, "error": str(error)}


def create_server(settings: Settings, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self.answer(200, {"status": "ok"})
            elif self.path == "/":
                self.answer(*page(settings))
            else:
                self.answer(404, {"error": f"there is nothing at {self.path}"})

        def answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, message: str, *args: Any) -> None:
            if self.path != "/healthz":  # a probe a second would drown everything else
                sys.stdout.write(f"{self.address_string()} {message % args}\n")

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = False  # closing waits for the answers that are under way
    return server


def main() -> None:
    settings = Settings.read(os.environ)
    server = create_server(settings, int(os.environ.get("PORT", "8080")))
    # shutdown() waits for serve_forever(), which runs in this very thread: it needs another one.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"web {VERSION} ({settings.environment}) serves port {server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    print("web stopped", flush=True)


if __name__ == "__main__":
    main()
