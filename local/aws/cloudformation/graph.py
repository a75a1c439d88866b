"""Which resource needs which: the order in which a template is made, and, reversed, deleted."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SUBSTITUTED = re.compile(r"\$\{([^!${}][^${}]*)\}")


class Circular(Exception):
    """The template's resources need each other in a circle."""


def references(value: Any) -> Iterator[str]:
    """Every logical id (and parameter, and pseudo parameter) that a piece of template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _reference(key, inner)


def _reference(key: str, inner: Any) -> Iterator[str]:
    if key == "Ref" and isinstance(inner, str):
        yield inner
    elif key == "Fn::GetAtt":
        yield inner.partition(".")[0] if isinstance(inner, str) else inner[0]
    elif key == "Fn::Sub":
        text, names = (inner, {}) if isinstance(inner, str) else (inner[0], inner[1])
        yield from (found.partition(".")[0] for found in SUBSTITUTED.findall(text) if found not in names)
        yield from references(names)
    else:
        yield from references(inner)


def dependencies(resources: Mapping[str, Any]) -> dict[str, set[str]]:
    """Direct needs of each resource, by logical id."""
    return {name: _needs(body) & set(resources) - {name} for name, body in resources.items()}


def _needs(body: Mapping[str, Any]) -> set[str]:
    named = body.get("DependsOn", [])
    return {*references(body.get("Properties", {})), *([named] if isinstance(named, str) else named)}


def order(resources: Mapping[str, Any]) -> list[str]:
    """Each resource after all that it needs; otherwise as the template lists them."""
    needs = dependencies(resources)
    placed: list[str] = []
    left = list(resources)
    while left:
        ready = [name for name in left if needs[name] <= set(placed)]
        if not ready:
            raise Circular(f"Circular dependency between resources: [{', '.join(sorted(_circle(left, needs)))}]")
        placed.extend(ready)
        left = [name for name in left if name not in set(ready)]
    return placed


def _circle(left: Iterable[str], needs: Mapping[str, set[str]]) -> set[str]:
    """Of those that cannot be placed, the ones that something unplaceable waits for."""
    waiting = set(left)
    return waiting & {need for name in waiting for need in needs[name]}
