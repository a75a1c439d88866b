"""A quote for everybody, and the commit that it was built from."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

QUOTES = {"/": "Make it work, make it right, make it fast.", "/healthz": "ok"}


def answer(path: str) -> tuple[int, str]:
    """Status and text."""
    if path == "/revision":
        return 200, os.environ.get("REVISION", "unknown")
    return (200, QUOTES[path]) if path in QUOTES else (404, "no such quote")


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, text = answer(self.path)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Web).serve_forever()
