"""YAML text -> objects: what must be true of each before anything is asked of a cluster."""

import re
from collections.abc import Iterator
from typing import Any

from deployer.errors import Fatal
from deployer.objects import Object
from deployer.yaml.reader import read

_NAME = re.compile(r"[a-z0-9A-Z]([-a-z0-9A-Z_.:]{0,251}[a-z0-9A-Z])?\Z")


def objects(text: str, name: str) -> list[Object]:
    """Every object of a file; `List` kinds are taken apart. `name` is the file in errors."""
    return [item for document in read(text, name) for item in _flatten(document.value, f"{name}:{document.line}")]


def _flatten(value: Any, at: str) -> Iterator[Object]:
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or not value.get("apiVersion"):
        raise _bad(at, "not a Kubernetes object: apiVersion and kind are needed")
    if value["kind"].endswith("List") and isinstance(value.get("items"), list):
        for item in value["items"]:
            yield from _flatten(item, at)
        return
    meta = value.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else None
    if not isinstance(meta, dict) or not isinstance(name, str) or not _NAME.match(name):
        wanted = "generateName cannot be applied twice" if meta and "generateName" in meta else f"not a name: {name!r}"
        raise _bad(at, f"{value['kind']} needs metadata.name ({wanted})")
    for key in ("labels", "annotations"):
        for entry, text in (meta.get(key) or {}).items():
            if not isinstance(text, str):
                raise _bad(at, f"{value['kind']} {name}: {key} {entry!r} must be a string: put {text!r} into quotes")
    value.pop("status", None)
    yield value


def _bad(at: str, reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject=at, kind="ConfigurationError")
