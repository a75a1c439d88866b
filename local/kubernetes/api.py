"""The machine's own few calls to the API server, with the administrator's certificate."""

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class ApiError(Exception):
    """The API server answered something else than was asked for."""


class Api:
    def __init__(self, port: int, pki: Path) -> None:
        self._context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self._port = port

    def get(self, path: str) -> dict[str, Any] | None:
        """The object, or None when there is none."""
        status, answer = self._request("GET", path, None)
        if status == 404:
            return None
        return _checked(status, answer, path)

    def answers(self, path: str) -> bool:
        """Whether it is 200, whatever it says."""
        return self._request("GET", path, None)[0] == 200

    def create(self, path: str, body: Mapping[str, object]) -> None:
        """Create an object; one of that name may be there already."""
        status, answer = self._request("POST", path, body)
        if status != 409:
            _checked(status, answer, path)

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=10, context=self._context)
        try:
            connection.request(
                method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _checked(status: int, answer: bytes, path: str) -> dict[str, Any]:
    if status >= 300:
        raise ApiError(f"{path}: {status} {answer.decode(errors='replace')[:400]}")
    read: dict[str, Any] = json.loads(answer)
    return read
