"""Kubernetes objects as raw dicts, and the names by which they are told apart."""

from typing import Any, NamedTuple

Object = dict[str, Any]


class Key(NamedTuple):
    """Where an object is. Two keys that differ only in `version` are the same object: see `identity`."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str

    @property
    def identity(self) -> "Identity":
        return Identity(self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Identity(NamedTuple):
    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def key_of(item: Object) -> Key:
    group, _, version = str(item["apiVersion"]).rpartition("/")
    meta = item["metadata"]
    return Key(group, version, str(item["kind"]), str(meta.get("namespace") or ""), str(meta["name"]))


def with_metadata(item: Object, *, labels: dict[str, str], annotations: dict[str, str], namespace: str) -> Object:
    """A copy with labels and annotations added and the namespace set ("" for none)."""
    meta = dict(item["metadata"])
    if labels:
        meta["labels"] = {**(meta.get("labels") or {}), **labels}
    if annotations:
        meta["annotations"] = {**(meta.get("annotations") or {}), **annotations}
    if namespace:
        meta["namespace"] = namespace
    else:
        meta.pop("namespace", None)
    return {**item, "metadata": meta}
