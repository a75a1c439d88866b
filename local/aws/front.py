"""What every request passes first: mounted prefixes, then moto behind the gate; errors become AWS's errors.

(environ) → mounted application | gate → moto → the same answer, or a modelled error where there was none.
After an answer to a request that may have changed something, `changed` is called.
"""

import io
import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from local.aws.refusal import Asked, asked, broken, not_here
from local.context import WSGIApplication

log = logging.getLogger("local.aws")
READS = re.compile(
    r"^(Describe|List|Get(?!SessionToken)|BatchGet|Head|Query|Scan|Search|Lookup|Validate|Test|Simulate|Filter|Decrypt"
    r"|Encrypt|Generate|CheckIfExists|BatchDescribe|StartQuery|GET |HEAD |OPTIONS )"
)


class Front:
    """The WSGI application of the machine's one port."""

    def __init__(self, moto: WSGIApplication, changed: Callable[[], None]) -> None:
        self.moto = moto
        self.gated = moto
        self.changed = changed
        self.mounted: dict[str, WSGIApplication] = {}

    def mount(self, prefix: str, app: WSGIApplication) -> None:
        if prefix in self.mounted:
            raise ValueError(f"{prefix} is mounted already")
        self.mounted[prefix] = app

    def gate(self, middleware: Callable[[WSGIApplication], WSGIApplication]) -> None:
        self.gated = middleware(self.moto)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        for prefix, app in self.mounted.items():
            if path.startswith(prefix):
                return app(environ, start_response)
        return self._aws(environ, start_response)

    def _aws(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = _form(environ)
        request = asked(environ, body)
        answer = _Answer()
        try:
            pieces = _collect(self.gated(environ, answer.start))
        except NotImplementedError:
            return _refuse(request, start_response, not_here(request))
        except Exception as error:
            log.exception("%s of %s failed", request.operation, request.service)
            return _refuse(request, start_response, broken(request, error))
        finally:
            if not READS.match(request.operation):
                self.changed()
        if answer.is_html_error():
            return _refuse(request, start_response, not_here(request))
        start_response(answer.status, answer.headers)
        return pieces


class _Answer:
    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status, self.headers = status, headers
        return None

    def is_html_error(self) -> bool:
        """Flask's own page for an address or method that no service has."""
        kind = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        return self.status[:3] in ("404", "405", "500") and kind.startswith("text/html")


def _collect(pieces: Iterable[bytes]) -> list[bytes]:
    try:
        return list(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()


def _form(environ: dict[str, Any]) -> bytes:
    """The body of a form, which is small; other bodies stay unread."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return b""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _refuse(request: Asked, start_response: Callable[..., Any], refusal: Any) -> Iterable[bytes]:
    status, headers, body = refusal.render(request.protocol)
    start_response(status, headers)
    return [body]
