"""YAML text -> documents -> objects: what must be true of each before anything is asked of a cluster."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from deployer.errors import Fatal
from deployer.objects import Object
from deployer.yaml import stream

_NAME = re.compile(r"[a-z0-9A-Z]([-a-z0-9A-Z_.:]{0,251}[a-z0-9A-Z])?\Z")


def _anything(objects: Iterable[Object]) -> None:
    """The check of documents that need none."""


class Document:
    """One raw document. It is read when its objects are asked for, and once."""

    __slots__ = ("_check", "_objects", "_whole", "name", "text")

    def __init__(self, text: str, name: str, whole: str = "") -> None:
        self.text, self.name = text, name  # `name` is the file in errors
        self._whole = whole  # the file's text, in which lines are counted
        self._check: Callable[[Iterable[Object]], None] = _anything
        self._objects: list[Object] | None = None

    def checked(self, check: Callable[[Iterable[Object]], None]) -> None:
        """Have the objects pass a check when they are read."""
        self._check = check

    def objects(self) -> list[Object]:
        if self._objects is None:
            self._objects = self._read()
            self._check(self._objects)
        return self._objects

    def _read(self) -> list[Object]:
        try:
            return objects(self.text, self.name)
        except Fatal:
            if self._whole:
                objects(self._whole, self.name)  # says the same of the right line
            raise


def split(text: str, name: str) -> list[Document]:
    """The documents of a file, cut as the reader cuts it; those that hold nothing but comments are among them."""
    found = []
    for part in stream.split(text, name):
        # By itself, YAML that begins like JSON would be read as that.
        body = f"---\n{part.text}" if part.text.lstrip().startswith("{") and not part.json else part.text
        if body.strip():
            found.append(Document(body, name, text))
    return found


def objects(text: str, name: str) -> list[Object]:
    """Every object of a file; `List` kinds are taken apart. `name` is the file in errors."""
    from deployer.yaml.reader import read  # 20 ms of imports, only where a document is read

    return [item for document in read(text, name) for item in _flatten(document.value, f"{name}:{document.line}")]


def _flatten(value: Any, at: str) -> Iterator[Object]:
    types = [value.get(key) for key in ("apiVersion", "kind")] if isinstance(value, dict) else [None]
    if not all(isinstance(each, str) and each for each in types):
        raise _bad(at, "not a Kubernetes object: apiVersion and kind are needed")
    if "items" in value:  # whatever its kind: so kubectl tells a list
        for item in _items(value, at):
            yield from _flatten(item, at)
        return
    meta = value.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else None
    if not isinstance(meta, dict) or not isinstance(name, str) or not _NAME.match(name):
        generated = isinstance(meta, dict) and "generateName" in meta
        wanted = "generateName cannot be applied twice" if generated else f"not a name: {name!r}"
        raise _bad(at, f"{value['kind']} needs metadata.name ({wanted})")
    for key in ("labels", "annotations"):
        found = meta.get(key) or {}
        if not isinstance(found, dict):
            raise _bad(at, f"{value['kind']} {name}: {key} must be a mapping")
        for entry, text in found.items():
            if not isinstance(text, str):
                raise _bad(at, f"{value['kind']} {name}: {key} {entry!r} must be a string: put {text!r} into quotes")
    value.pop("status", None)
    yield value


def _items(value: Object, at: str) -> Iterator[Object]:
    if not isinstance(value["items"], list | None):
        raise _bad(at, f"`items` of {value['kind']} is no list")
    for item in value["items"] or []:
        if not isinstance(item, dict) or "items" in item:
            raise _bad(at, f"an item of {value['kind']} is no object, or a list itself")
        if not item.get("kind") and not item.get("apiVersion"):
            item = {**item, "kind": value["kind"].removesuffix("List"), "apiVersion": value["apiVersion"]}
        yield item


def _bad(at: str, reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject=at, kind="ConfigurationError")
