"""Two values -> what became of the first: changes that, carried out, make the second of it. Pure, and knows no secrets.

Entries of keyed lists go by their keys; those of other lists by place: what was removed has its place in the old list,
all else its place in the new one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from deployer.diff.keys import Keys, keys_of
from deployer.values import dataclass, replace

Op = Literal["added", "removed", "changed"]
LONGEST_LIST = 400  # entries: beyond, a list that changed is one change


class Named(NamedTuple):
    """The entry of a keyed list."""

    keys: Keys
    values: tuple[str | int, ...]


Step = str | int | Named
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Change:
    path: Path
    op: Op
    old: Any = None
    new: Any = None


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
    """Nothing when the two are equal but for the order of keyed entries."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_members(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, path)
    elif not _same(old, new):
        yield Change(path, "changed", old, new)


def applied(old: Any, todo: Iterable[Change]) -> Any:
    """What the changes make of the old value."""
    below: dict[Step, list[Change]] = defaultdict(list)
    for change in todo:
        if not change.path:
            return change.new
        below[change.path[0]].append(replace(change, path=change.path[1:]))
    if not below:
        return old
    if isinstance(old, dict):
        return _members(dict(old), below)
    first = next(iter(below))
    if isinstance(first, Named):
        named: dict[Step, Any] = {_name(entry, first.keys): entry for entry in old}
        return list(_members(named, below).values())
    return _places(old, below)


def _same(old: Any, new: Any) -> bool:
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _of_members(old: dict[Any, Any], new: dict[Any, Any], path: Path) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        here = (*path, key)
        if key not in new:
            yield Change(here, "removed", old[key])
        elif key not in old:
            yield Change(here, "added", None, new[key])
        else:
            yield from changes(old[key], new[key], here)


def _of_lists(old: list[Any], new: list[Any], path: Path) -> Iterator[Change]:
    field = next((step for step in reversed(path) if isinstance(step, str)), "")
    keys = keys_of(field, old, new) if old and new else None
    if keys:
        yield from _of_members({_name(e, keys): e for e in old}, {_name(e, keys): e for e in new}, path)
    elif max(len(old), len(new)) > LONGEST_LIST or not (old and new):
        if old != new:
            yield Change(path, "changed", old, new)
    else:
        yield from _by_place(old, new, path)


def _name(entry: dict[str, Any], keys: Keys) -> Named:
    return Named(keys, tuple(entry[key] for key in keys))


def _by_place(old: list[Any], new: list[Any], path: Path) -> Iterator[Change]:
    matcher = SequenceMatcher(None, [_text(e) for e in old], [_text(e) for e in new], autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            continue
        both = min(old_to - old_from, new_to - new_from)
        for at in range(both):
            yield from changes(old[old_from + at], new[new_from + at], (*path, new_from + at))
        for at in range(old_from + both, old_to):
            yield Change((*path, at), "removed", old[at])
        for at in range(new_from + both, new_to):
            yield Change((*path, at), "added", None, new[at])


def _text(entry: Any) -> str:
    return json.dumps(entry, sort_keys=True, default=repr)


def _members(found: dict[Any, Any], below: dict[Step, list[Change]]) -> dict[Any, Any]:
    for step, todo in below.items():
        if len(todo) == 1 and not todo[0].path and todo[0].op == "removed":
            del found[step]
        else:
            found[step] = applied(found.get(step), todo)
    return found


def _places(old: list[Any], below: dict[Step, list[Change]]) -> list[Any]:
    """First what goes, then what comes, then what changes in its new place."""
    whole = {op: _whole(below, op) for op in ("removed", "added")}
    found = [entry for at, entry in enumerate(old) if at not in whole["removed"]]
    for at in sorted(whole["added"]):
        found.insert(at, whole["added"][at])
    for step, todo in below.items():
        rest = [change for change in todo if change.path or change.op == "changed"]
        if rest and isinstance(step, int):
            found[step] = applied(found[step], rest)
    return found


def _whole(below: dict[Step, list[Change]], op: Op) -> dict[int, Any]:
    return {
        step: change.new
        for step, todo in below.items()
        for change in todo
        if isinstance(step, int) and not change.path and change.op == op
    }
