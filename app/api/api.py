"""The shop's api: `GET /offer` answers with the offer of the day to those who bring the token.

Environment: API_TOKEN (from a Secret), ENVIRONMENT, CURRENCY, PORT.
"""

import hmac
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = "1.0.0"
ITEM, CENTS = "coffee beans, 1 kg", 1890


@dataclass(frozen=True)
class Settings:
    token: str
    environment: str
    currency: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The token has no default: without one, everybody would be let in."""
        return cls(
            token=environ["API_TOKEN"],
            environment=environ.get("ENVIRONMENT", "local"),
            currency=environ.get("CURRENCY", "EUR"),
        )


def price(cents: int, currency: str) -> str:
    return f"{cents // 100}.{cents % 100:02d} {currency}"


def offer(settings: Settings, authorization: str) -> tuple[int, dict[str, Any]]:
    """Status and body; 401 unless the header carries the token."""
    if not settings.token or not hmac.compare_digest(authorization.encode(), f"Bearer {settings.token}".encode()):
        return 401, {"error": "the token is missing or wrong"}
    return 200, {
        "service": "api",
        "version": VERSION,
        "environment": settings.environment,
        "item": ITEM,
        "price": price(CENTS, settings.currency),
    }


def create_server(settings: Settings, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self.answer(200, {"status": "ok"})
            elif self.path == "/offer":
                self.answer(*offer(settings, self.headers.get("Authorization", "")))
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
    print(f"api {VERSION} ({settings.environment}) serves port {server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    print("api stopped", flush=True)


if __name__ == "__main__":
    main()
