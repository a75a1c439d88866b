"""The answer of every health rule, and the parts of a status that they share."""

from typing import Any, Literal

from deployer.objects import Object
from deployer.values import dataclass

State = Literal["ready", "progressing", "failed"]
FOREVER = float("inf")


@dataclass(frozen=True)
class Health:
    """`failed` means: time will not heal it. `message` says what is there and what is wanted.

    `grace`: seconds after which something that progresses is told and no longer waited for, because nothing in the
    cluster has promised to bring it about.
    """

    state: State
    message: str = ""
    grace: float = FOREVER

    @property
    def told(self) -> str:
        """The message, for somebody who waits: also when the waiting ends by itself."""
        return self.message if self.grace == FOREVER else f"{self.message}, waited for {self.grace:.0f} s at most"


READY = Health("ready")


def ready(note: str) -> Health:
    return Health("ready", note)


def progressing(message: str, grace: float = FOREVER) -> Health:
    return Health("progressing", message, grace)


def failed(message: str) -> Health:
    return Health("failed", message)


def status_of(item: Object) -> dict[str, Any]:
    return item.get("status") or {}


def spec_of(item: Object) -> dict[str, Any]:
    return item.get("spec") or {}


def count(fields: dict[str, Any], name: str) -> int:
    """A number of a status, which leaves out zeros."""
    return int(fields.get(name) or 0)


def wanted(item: Object) -> int:
    """How many replicas the live object asks for: an autoscaler's number, where there is one."""
    replicas = spec_of(item).get("replicas")
    return 1 if replicas is None else int(replicas)


def condition(item: Object, kind: str) -> dict[str, Any]:
    """The condition of a type; empty when the object has none."""
    for each in status_of(item).get("conditions") or []:
        if each.get("type") == kind:
            return dict(each)
    return {}


def is_true(item: Object, kind: str) -> bool:
    return condition(item, kind).get("status") == "True"


def words(told: dict[str, Any]) -> str:
    """What a condition says for people."""
    said = ": ".join(str(told[part]) for part in ("reason", "message") if told.get(part))
    return said or f"{told.get('type', 'a condition')} is {told.get('status', 'not told')}"


def generation_of(item: Object) -> int:
    return int(item["metadata"].get("generation") or 0)


def unseen(item: Object) -> bool:
    """Whether the status tells of an older generation than the spec."""
    return count(status_of(item), "observedGeneration") < generation_of(item)


def outdated(item: Object, told: dict[str, Any]) -> bool:
    """Whether a condition that names its generation tells of an older one."""
    return "observedGeneration" in told and count(told, "observedGeneration") < generation_of(item)
