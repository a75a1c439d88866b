"""The applied sets of the last releases, in Secrets of the namespace: going back needs nothing else.

Compressed, and in pieces, since a Secret holds 1 MiB; in Secrets, because the release's own Secrets are among them.
"""

import base64
import gzip
import json
from typing import Any

from deployer.desired import Desired
from deployer.errors import Fatal
from deployer.inventory import object_name
from deployer.kube.client import APPLY, Kube
from deployer.kube.errors import NotFound

PIECE = 700_000  # bytes, a third less than a Secret holds once they are base64
MOST_PIECES = 16
TYPE = "shipline.dev/release"
SERVICE_LABEL = "shipline.dev/service"
NUMBER_LABEL = "shipline.dev/release"


class Store:
    def __init__(self, kube: Kube, service: str, namespace: str) -> None:
        self._kube = kube
        self._service = service
        self._path = f"/api/v1/namespaces/{namespace}/secrets"

    def save(self, number: int, desired: Desired) -> None:
        """Write a release's set; the same again changes nothing."""
        data = gzip.compress(json.dumps(desired.to_json(), separators=(",", ":")).encode(), mtime=0)
        pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
        if len(pieces) > MOST_PIECES:
            raise Fatal(
                f"the release is {len(data) // 2**20} MiB when compressed, more than can be kept in the cluster.",
                remedy="Deliver large data by other means than manifests.",
                kind="ConfigurationError",
            )
        self._kube.map(lambda at: self._write(number, at, len(pieces), pieces[at]), range(len(pieces)))

    def load(self, number: int) -> Desired:
        first = self._read(number, 0)
        count = int(first["metadata"]["annotations"]["shipline.dev/pieces"])
        rest = self._kube.map(lambda at: self._read(number, at), range(1, count))
        data = b"".join(base64.b64decode(piece["data"]["set"]) for piece in [first, *rest])
        return Desired.from_json(json.loads(gzip.decompress(data)))

    def keep_only(self, numbers: set[int]) -> None:
        """Delete the sets of all other releases of this service."""
        found = self._kube.request(
            "GET",
            self._path,
            query={"labelSelector": f"{SERVICE_LABEL}={self._service}"},
            accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        )
        old = [
            item["metadata"]["name"]
            for item in found.get("items") or []
            if int(item["metadata"]["labels"][NUMBER_LABEL]) not in numbers
        ]
        self._kube.map(self._delete, old)

    def _name(self, number: int, piece: int) -> str:
        return f"{object_name(self._service)}.v{number}.{piece}"

    def _read(self, number: int, piece: int) -> dict[str, Any]:
        name = self._name(number, piece)
        return self._kube.get(f"{self._path}/{name}", subject=f"Secret {name}")

    def _write(self, number: int, piece: int, count: int, data: bytes) -> None:
        name = self._name(number, piece)
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": TYPE,
            "metadata": {
                "name": name,
                "labels": {SERVICE_LABEL: self._service, NUMBER_LABEL: str(number)},
                "annotations": {"shipline.dev/pieces": str(count)},
            },
            "data": {"set": base64.b64encode(data).decode()},
        }
        query = {"fieldManager": "shipline", "force": "true"}
        self._kube.request(
            "PATCH", f"{self._path}/{name}", subject=f"Secret {name}", query=query, body=body, content=APPLY
        )

    def _delete(self, name: str) -> None:
        try:
            self._kube.request("DELETE", f"{self._path}/{name}", subject=f"Secret {name}")
        except NotFound:
            return
