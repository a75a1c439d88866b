"""The answer of every health rule, and the parts of a status that they share."""

from dataclasses import dataclass
from typing import Any, Literal

from deployer.objects import Object

State = Literal["ready", "progressing", "failed"]


@dataclass(frozen=True)
class Health:
    """`failed` means: time will not heal it. `message` says what is there and what is wanted."""

    state: State
    message: str = ""


READY = Health("ready")


def progressing(message: str) -> Health:
    return Health("progressing", message)


def failed(message: str) -> Health:
    return Health("failed", message)


def status_of(item: Object) -> dict[str, Any]:
    return item.get("status") or {}


def condition(item: Object, kind: str) -> dict[str, Any]:
    """The condition of a type; empty when the object has none."""
    for each in status_of(item).get("conditions") or []:
        if each.get("type") == kind:
            return dict(each)
    return {}


def is_true(item: Object, kind: str) -> bool:
    return condition(item, kind).get("status") == "True"


def unseen(item: Object) -> bool:
    """Whether the status tells of an older generation than the spec."""
    return int(status_of(item).get("observedGeneration") or 0) < int(item["metadata"].get("generation") or 0)
