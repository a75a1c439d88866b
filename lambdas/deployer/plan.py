"""What a release will do to which object: frozen, told apart by its digest, and readable before it is carried out."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple

from deployer.desired import Item, content_of
from deployer.inventory import Member
from deployer.objects import Identity, Object
from deployer.refusals import FORCE_NOTE, RECREATE_NOTE
from deployer.values import dataclass

Action = Literal["created", "configured", "unchanged", "deleted", "skipped"]

MOST_TOLD = 8
__all__ = ["FORCE_NOTE", "RECREATE_NOTE", "Action", "Pinned", "Plan", "Step", "moved"]


@dataclass(frozen=True)
class Step:
    """One object, and what applying it does."""

    item: Item
    action: Action
    uid: str  # of the live object, "" when there is none
    adopted: bool  # it is there, and no release of ours has written it
    before: Object | None = None  # live, where a diff is asked for
    after: Object | None = None  # what a dry run made of it, where there was one
    seen: Member | None = None  # an unchanged one, as it was found: what the inventory remembers of it
    taken: frozenset[str] = frozenset()  # managers whose fields become ours before it is applied

    @property
    def member(self) -> Member:
        return self.seen or Member(*self.item.key, uid=self.uid, adopted=self.adopted)


class Pinned(NamedTuple):
    """What a chart brings besides its objects, a hook or a definition of its crds/, with its content's fingerprint."""

    release: str
    what: Literal["hook", "definition"]
    kind: str
    name: str
    content: str

    def __str__(self) -> str:
        return f"{self.what} {self.kind} {self.name} of Helm release {self.release}"


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    leaving: tuple[tuple[Member, Action], ...]  # members that the release no longer has: deleted or skipped
    gone: tuple[Member, ...] = ()  # members that it no longer has, and that are not there any more
    first: bool = False  # nothing was ever delivered here, and no key is there that contents could be hidden by
    pinned: tuple[Pinned, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        found = Counter[str](step.action for step in self.steps)
        found.update(action for _, action in self.leaving)
        return dict(found)

    @property
    def idle(self) -> bool:
        """Whether carrying it out would write nothing."""
        return all(step.action == "unchanged" for step in self.steps) and not self.leaving

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(step.member for step in self.steps)

    @cached_property
    def digest(self) -> str:
        """Names what the plan does: equal plans have equal digests, whatever else the cluster did meanwhile."""
        told = [[*step.item.identity, step.action, self._content(step.item)] for step in self.steps]
        told += [[*member.identity, action, ""] for member, action in self.leaving]
        told += [list(each) for each in self.pinned]
        return hashlib.sha256(json.dumps(sorted(told)).encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """The plan as it is read and kept: what it does to which object; no values."""
        steps = [(step.item.identity, step.action, self._content(step.item)) for step in self.steps]
        left = [(member.identity, action, "") for member, action in self.leaving]
        return {
            "digest": self.digest,
            "counts": self.counts,
            "objects": [
                {**identity._asdict(), "action": action, "content": content}
                for identity, action, content in [*steps, *left]
                if action != "unchanged"
            ],
            "charts": [each._asdict() for each in self.pinned],
        }

    def _content(self, item: Item) -> str:
        return content_of(b"", item.manager, item.object) if self.first else item.content


def moved(read: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What became different between two plans' documents, an object a line."""
    before, after = _actions(read), _actions(now)
    lines = []
    for identity in sorted({*before, *after}):
        then, (action, content) = before.get(identity, ("unchanged", "")), after.get(identity, ("unchanged", ""))
        if then[0] != action:
            lines.append(f"{identity}: {then[0]} when it was read, {action} now")
        elif then[1] != content:
            lines.append(f"{identity}: still {action}, but with other content")
    lines += _moved(_pinned(read), _pinned(now))
    more = len(lines) - MOST_TOLD
    return [*lines[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]


def _actions(document: Mapping[str, Any]) -> dict[Identity, tuple[str, str]]:
    return {
        Identity(each["group"], each["kind"], each["namespace"], each["name"]): (each["action"], each["content"])
        for each in document.get("objects") or []
    }


def _moved(before: Mapping[Pinned, str], after: Mapping[Pinned, str]) -> list[str]:
    """The same of what charts bring besides their objects."""
    words = {(True, False): "it is not there any more", (False, True): "it was not there when the plan was read"}
    return [
        f"{each}: {words.get((each in before, each in after), 'other content')}"
        for each in sorted({*before, *after})
        if before.get(each) != after.get(each)
    ]


def _pinned(document: Mapping[str, Any]) -> dict[Pinned, str]:
    """Content by what it is the content of."""
    return {Pinned(**{**each, "content": ""}): each["content"] for each in document.get("charts") or []}
