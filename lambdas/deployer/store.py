"""The applied sets of the last releases, in Secrets of the namespace: going back needs nothing else.

What came from a document is kept as its text, so that nothing is read for the sake of being kept. Compressed, and in
pieces, since a Secret holds 1 MiB; in Secrets, because the release's own Secrets are among them.
"""

import base64
import gzip
import json
from typing import Any

from deployer.desired import Desired, Item, Marks
from deployer.errors import Fatal
from deployer.inventory import object_name
from deployer.kube.client import APPLY, Kube
from deployer.kube.errors import NotFound
from deployer.kube.metadata import METADATA
from deployer.objects import Key
from deployer.render.documents import Document

PIECE = 700_000  # bytes, a third less than a Secret holds once they are base64
MOST_PIECES = 16
KEPT = 10  # sets of the newest releases, as many as Helm keeps
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
        data = packed(desired)
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
        return unpacked(data)

    def keep_only(self, numbers: set[int]) -> None:
        """Delete the sets of all other releases of this service but the newest: people go back further than we do."""
        found = self._kube.request(
            "GET",
            self._path,
            query={"labelSelector": f"{SERVICE_LABEL}={self._service}"},
            accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        )
        pieces = [(int(item["metadata"]["labels"][NUMBER_LABEL]), item) for item in found.get("items") or []]
        kept = numbers | set(sorted({number for number, _ in pieces})[-KEPT:])
        self._kube.map(self._delete, [item["metadata"]["name"] for number, item in pieces if number not in kept])

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
            "PATCH",
            f"{self._path}/{name}",
            subject=f"Secret {name}",
            query=query,
            body=body,
            content=APPLY,
            accept=METADATA,
        )

    def _delete(self, name: str) -> None:
        try:
            self._kube.request("DELETE", f"{self._path}/{name}", subject=f"Secret {name}")
        except NotFound:
            return


def packed(desired: Desired) -> bytes:
    """The set in bytes: texts once each, and what is known of every item."""
    texts: dict[tuple[str, str], int] = {}
    marks: dict[int, tuple[int, Marks]] = {}
    rows = []
    for item in desired.items:
        row: list[Any] = [item.manager, *item.key, item.content, item.raw]
        if item.document is None or item.marks is None:
            rows.append([*row, item.object])
            continue
        text = texts.setdefault((item.document.name, item.document.text), len(texts))
        mark, _ = marks.setdefault(id(item.marks), (len(marks), item.marks))
        rows.append([*row, text, mark])
    words = {
        "format": 2,
        "texts": list(texts),
        "marks": [[dict(each.labels), dict(each.annotations)] for _, each in marks.values()],
        "items": rows,
        "charts": [chart.to_json() for chart in desired.charts],
    }
    return gzip.compress(json.dumps(words, separators=(",", ":"), ensure_ascii=False).encode(), 4, mtime=0)


def unpacked(data: bytes) -> Desired:
    """The set, also of the first format, which held objects alone."""
    from deployer.helm.chart import Chart

    words = json.loads(gzip.decompress(data))
    charts = tuple(Chart.from_json(chart) for chart in words["charts"])
    if "format" not in words:
        return Desired(tuple(Item(item, manager) for manager, item in words["items"]), charts)
    marks = [Marks(*each) for each in words["marks"]]
    texts = words["texts"]
    items = []
    for manager, group, version, kind, namespace, name, content, raw, *rest in words["items"]:
        if len(rest) == 1:
            items.append(Item(rest[0], manager, content=content))
            continue
        file, text = texts[rest[0]]
        key = Key(group, version, kind, namespace, name)
        items.append(Item.of(Document(text, file), marks[rest[1]], key, manager, content, raw))
    return Desired(tuple(items), charts)
