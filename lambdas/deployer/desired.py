"""What a release wants the namespace to hold: items that know what they are before anybody reads their objects."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from deployer.inventory.key import fingerprint
from deployer.objects import Identity, Key, Object, key_of, with_metadata
from deployer.values import dataclass

if TYPE_CHECKING:
    from deployer.helm.chart import Chart

MEMBER_LABEL = "applyset.kubernetes.io/part-of"
OUR_MANAGER = "shipline"
HELM_MANAGER = "helm"


class Text(Protocol):
    """A document that can be read."""

    @property
    def text(self) -> str: ...

    @property
    def name(self) -> str: ...

    def objects(self) -> list[Object]: ...


@dataclass(frozen=True)
class Marks:
    """What is added to every object of a delivery."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    def on(self, item: Object, namespace: str) -> Object:
        return with_metadata(item, labels=dict(self.labels), annotations=dict(self.annotations), namespace=namespace)


class Item:
    """One object, and the field manager that applies it.

    `content` tells two of them apart: equal ones are applied alike. One that comes from a document which was read
    before is read again only when something needs its `object`.
    """

    __slots__ = ("_content", "_object", "document", "key", "manager", "marks", "raw")

    def __init__(self, object: Object, manager: str, *, content: str = "") -> None:  # noqa: A002 (the field's word)
        self._object: Object | None = object
        self._content = content
        self.manager = manager
        self.key: Key = key_of(object)
        self.document: Text | None = None
        self.marks: Marks | None = None
        self.raw = ""  # of the document, when it holds nothing else: what the next release knows it by

    @classmethod
    def of(cls, document: Text, marks: Marks, key: Key, manager: str, content: str, raw: str = "") -> "Item":
        """The one object of a document."""
        made = cls.__new__(cls)
        made._object, made._content, made.raw = None, content, raw
        made.manager, made.key, made.document, made.marks = manager, key, document, marks
        return made

    @property
    def object(self) -> Object:
        if self._object is None:
            assert self.document is not None
            assert self.marks is not None
            self._object = self.marks.on(self.document.objects()[0], self.key.namespace)
        return self._object

    @property
    def is_read(self) -> bool:
        return self._object is not None

    @property
    def identity(self) -> Identity:
        return Identity(self.key.group, self.key.kind, self.key.namespace, self.key.name)

    @property
    def content(self) -> str:
        if not self._content:
            self._content = content_of(b"", self.manager, self.object)
        return self._content

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Item) and (self.key, self.content) == (other.key, other.content)

    def __hash__(self) -> int:
        return hash((self.key, self.content))

    def __repr__(self) -> str:
        return f"Item({self.key})"


def content_of(key: bytes, manager: str, item: Object) -> str:
    """The fingerprint of what is sent to the server, and of who sends it."""
    return fingerprint(key, json.dumps([manager, item], sort_keys=True, separators=(",", ":")).encode())


@dataclass(frozen=True)
class Desired:
    """All objects of one release in one namespace, over all its deliveries."""

    items: tuple[Item, ...]
    charts: "tuple[Chart, ...]" = ()

    def digest(self, key: bytes) -> str:
        """Equal for sets that are applied alike and told alike by Helm."""
        words = [item.content for item in self.items], [chart.to_json() for chart in self.charts]
        return fingerprint(key, json.dumps(words, sort_keys=True).encode())
