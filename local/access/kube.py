"""The few calls to the API server that access needs, with the administrator's certificate."""

import json
from typing import Any

import urllib3

from local.settings import Home

LABEL = "shipline.access-entry"  # on every binding that is ours; its value is the entry's key
SELECTOR = f"?labelSelector={LABEL}"


class KubeError(Exception):
    """The API server could not be reached, or answered something else than was asked for."""


class Kube:
    """One connection pool; made when the certificates are there."""

    def __init__(self, home: Home) -> None:
        pki = home.node / "pki"
        self._url = home.kube_url
        self._pool = urllib3.PoolManager(
            maxsize=2,
            ca_certs=str(home.kube_ca),
            cert_file=str(pki / "admin.crt"),
            key_file=str(pki / "admin.key"),
            retries=False,
            timeout=urllib3.Timeout(5),
        )

    def get(self, path: str) -> dict[str, Any]:
        return self._checked("GET", path, None, (200,))

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """An object of that name may be there already."""
        return self._checked("POST", path, body, (200, 201, 409))

    def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._checked("PUT", path, body, (200, 201))

    def delete(self, path: str) -> None:
        """What is gone already stays gone."""
        self._checked("DELETE", path, None, (200, 202, 404))

    def close(self) -> None:
        self._pool.clear()

    def _checked(self, method: str, path: str, body: Any, wanted: tuple[int, ...]) -> dict[str, Any]:
        try:
            response = self._pool.request(
                method,
                self._url + path,
                body=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:  # OSError: the certificates are not there yet
            raise KubeError(f"{method} {path}: {error}") from error
        if response.status not in wanted:
            raise KubeError(f"{method} {path}: {response.status} {response.data.decode(errors='replace')[:400]}")
        read: dict[str, Any] = json.loads(response.data)
        return read
