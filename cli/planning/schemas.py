"""What makes a resource anew, and how it is known, by CloudFormation's own schema of its type.

cfn-lint ships the schemas. They are read without cfn-lint itself, whose import takes two seconds.
"""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

REGION = "us-east-1"  # has every type


@dataclass(frozen=True)
class Schema:
    """Paths into a resource's properties; `*` stands for each item of a list."""

    create_only: tuple[tuple[str, ...], ...] = ()
    maybe_create_only: tuple[tuple[str, ...], ...] = ()  # the service decides
    identity: tuple[tuple[str, ...], ...] = ()


@cache
def schema_of(kind: str) -> Schema:
    """An empty one for a type that the schemas do not have, such as a custom resource."""
    name = _index().get(kind)
    if name is None:
        return Schema()
    body = json.loads((_folder() / "resources" / f"{name}.json").read_text())
    return Schema(
        create_only=_paths(body, "createOnlyProperties"),
        maybe_create_only=_paths(body, "conditionalCreateOnlyProperties"),
        identity=_paths(body, "primaryIdentifier"),
    )


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at the path; nothing where it leads nowhere."""
    if not path:
        yield value
    elif path[0] == "*" and isinstance(value, list):
        for item in value:
            yield from values_at(item, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def _paths(body: Mapping[str, Any], key: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(path.removeprefix("/properties/").split("/")) for path in body.get(key, ()))


@cache
def _index() -> Mapping[str, str]:
    """Type → the name of its file."""
    found: dict[str, str] = json.loads((_folder() / "providers" / f"{REGION}.json").read_text())
    return found


def _folder() -> Path:
    found = importlib.util.find_spec("cfnlint")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "schemas"
