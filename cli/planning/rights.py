"""Grants of two templates → who may do more, and who may do less. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from cli.planning.grants import MAY, Grant, Holder, covered

Direction = Literal["widens", "narrows"]
Grants = Mapping[Holder, frozenset[Grant]]


@dataclass(frozen=True)
class Right:
    """What one holder gets or loses: each of these actions, for each of `who`, on each of `on`, as a Grant has them."""

    direction: Direction
    effect: str
    who: tuple[str, ...]
    actions: tuple[str, ...]
    on: tuple[str, ...]
    when: str


@dataclass(frozen=True)
class RightsChange:
    """`new`, `gone`: there was no such holder before, there is none any more."""

    holder: Holder
    rights: tuple[Right, ...]
    new: bool = False
    gone: bool = False

    @property
    def widens(self) -> bool:
        """What a role was denied is no wider when the role goes."""
        return self._has("widens") and not (self.gone and self.holder.kind == "role")

    @property
    def narrows(self) -> bool:
        """What is denied from the beginning is no narrower than before."""
        return self._has("narrows") and not self.new

    def _has(self, direction: Direction) -> bool:
        return any(right.direction == direction for right in self.rights)


def rights_changes(before: Grants, after: Grants) -> tuple[RightsChange, ...]:
    """In no order that matters."""
    found = []
    for holder in [*after, *(holder for holder in before if holder not in after)]:
        old, new = before.get(holder, frozenset()), after.get(holder, frozenset())
        rights = tuple(_gathered(_moved(old, new)))
        if rights:
            found.append(RightsChange(holder, rights, new=holder not in before, gone=holder not in after))
    return tuple(found)


def in_order(changes: Iterable[RightsChange]) -> tuple[RightsChange, ...]:
    """Those that are there and get more come first, then what is new, then those that only lose."""
    return tuple(sorted(changes, key=lambda each: (not each.widens, each.new, each.holder.words, each.holder.kind)))


def _moved(old: frozenset[Grant], new: frozenset[Grant]) -> Iterator[tuple[Direction, Grant]]:
    """What a wildcard gave before, or still gives, does not move."""
    for grant in sorted(new - old):
        if not covered(grant, old):
            yield ("widens" if grant.effect == MAY else "narrows"), grant
    for grant in sorted(old - new):
        if not covered(grant, new):
            yield ("narrows" if grant.effect == MAY else "widens"), grant


def _gathered(moved: Iterable[tuple[Direction, Grant]]) -> Iterator[Right]:
    """Few sentences for many grants; the wider ones first."""
    rights = [Right(way, each.effect, (each.who,), (each.action,), (each.on,), each.when) for way, each in moved]
    for name in ("on", "actions", "who"):
        rights = _joined(rights, name)
    yield from sorted(rights, key=lambda right: right.direction == "narrows")


def _joined(rights: Iterable[Right], name: str) -> list[Right]:
    """Those that differ in this field alone become one."""
    found: dict[Right, list[str]] = {}
    for right in rights:
        found.setdefault(_with(right, name, ()), []).extend(getattr(right, name))
    return [_with(right, name, tuple(sorted(values))) for right, values in found.items()]


def _with(right: Right, name: str, values: tuple[str, ...]) -> Right:
    changed: dict[str, Any] = {name: values}
    return replace(right, **changed)
