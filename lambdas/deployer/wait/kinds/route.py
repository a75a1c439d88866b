"""Routes of the Gateway API: each parent that the route names has accepted it and resolved what it points to."""

from collections.abc import Iterator
from typing import Any

from deployer.objects import Object
from deployer.wait.graces import TAKEN_UP
from deployer.wait.health import FOREVER, READY, Health, outdated, progressing, spec_of, status_of, words

Parent = dict[str, Any]


def health(item: Object) -> Health:
    asked = {_name(item, parent) for parent in spec_of(item).get("parentRefs") or []}
    answers = status_of(item).get("parents") or []
    silent = asked - {_name(item, answer.get("parentRef") or {}) for answer in answers}
    if silent:
        # One parent has spoken: the others are waited for. Nobody has: it is told after a grace.
        return progressing(f"{_label(min(silent))} has not answered", FOREVER if answers else TAKEN_UP)
    return next((trouble for answer in answers for trouble in _troubles(item, answer)), READY)


def _troubles(item: Object, answer: Parent) -> Iterator[Health]:
    parent = _label(_name(item, answer.get("parentRef") or {}))
    told = {each.get("type"): each for each in answer.get("conditions") or []}
    for kind in ("Accepted", "ResolvedRefs"):
        found = told.get(kind)
        if found is None:
            if kind == "Accepted":
                yield progressing(f"{parent} has not answered")
        elif outdated(item, found):
            yield progressing(f"{parent} has answered to an older generation")
        elif found.get("status") != "True":
            yield progressing(f"{parent}: {kind} is {found.get('status')}: {words(found)}")


def _name(item: Object, parent: Parent) -> tuple[str, ...]:
    """A parent as it can be compared: what a reference leaves out has the API's default."""
    defaults = {"kind": "Gateway", "namespace": item["metadata"].get("namespace") or ""}
    parts = {**defaults, **{name: value for name, value in parent.items() if value is not None}}
    return tuple(str(parts.get(part, "")) for part in ("kind", "namespace", "name", "sectionName", "port"))


def _label(name: tuple[str, ...]) -> str:
    kind, _, parent, section, port = name
    return " ".join(filter(None, (kind, parent, section, port)))
