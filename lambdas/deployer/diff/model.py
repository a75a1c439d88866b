"""What one object's change is, as people and machines may see it: nothing in it is a secret."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from typing import Any, Literal

from deployer.diff.changes import Change, Named, Op, Path, changes
from deployer.diff.cover import Cover, Covered
from deployer.diff.images import is_image, same_name, short
from deployer.objects import Object, key_of
from deployer.values import dataclass, field

Action = Literal["created", "configured", "unchanged", "deleted", "skipped"]

LONGEST = 400  # characters of one value
MOST_LINES = 60  # of one text's difference
MOST_FIELDS = 200  # of one object
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True)
class FieldDiff:
    """`old` and `new` are texts for people; `lines` is the difference of texts of many lines."""

    path: str
    op: Op
    old: str = ""
    new: str = ""
    lines: tuple[str, ...] = ()

    @property
    def is_image(self) -> bool:
        return is_image(self.path)

    @property
    def told(self) -> str:
        """The change in one line."""
        if self.op == "added":
            return f"+ {self.new}"
        if self.op == "removed":
            return f"- {self.old}"
        return f"{self.old} → {self.new}" if self.new else self.old


@dataclass(frozen=True)
class ObjectDiff:
    kind: str
    name: str
    group: str
    namespace: str
    action: Action
    fields: tuple[FieldDiff, ...] = ()
    brief: str = ""  # what a created object is, in a line; what there is to say where no field says it
    before: Object | None = field(default=None, repr=False, compare=False)  # covered
    after: Object | None = field(default=None, repr=False, compare=False)

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


def compared(
    before: Object | None,
    after: Object | None,
    action: Action,
    cover: Cover,
    tags: Mapping[str, str] | None = None,
) -> ObjectDiff:
    """The difference of two states of one object, either of which may be missing; bookkeeping is none."""
    old, new = (cover.object(item) if item else None for item in (before, after))
    item = after or before
    assert item is not None
    key = key_of(item)
    names = (cleaned(text, cover) for text in (key.kind, key.name, key.group, key.namespace))
    kind, name, group, namespace = names
    found: tuple[FieldDiff, ...] = ()
    more = 0
    if old is not None and new is not None:
        all_changes = [change for change in changes(old, new) if not _of_version(change)]
        found = tuple(_field(change, tags or {}, cover) for change in all_changes[:MOST_FIELDS])
        more = max(0, len(all_changes) - MOST_FIELDS)
    brief = f"{more} more fields change" if more else ""
    return ObjectDiff(kind, name, group, namespace, action, found, brief, old, new)


def cleaned(text: str, cover: Cover) -> str:
    return _CONTROL.sub("", cover.clean(text))


def path_text(path: Path) -> str:
    """`spec.template.spec.containers[web].image`, `metadata.annotations["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, Named):
            text += f"[{','.join(str(value) for value in step.values)}]"
        elif isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.match(step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return _CONTROL.sub("", text)


def plain(value: Any) -> str:
    """A value in one line, as YAML's flow style has it, without needless quotes; never longer than `LONGEST`."""
    return _cut(_flow(value))


def _of_version(change: Change) -> bool:
    """Reading an object by another version of its API is no change of it."""
    return change.path == ("apiVersion",)


def _field(change: Change, tags: Mapping[str, str], cover: Cover) -> FieldDiff:
    path = cleaned(path_text(change.path), cover)
    old, new = change.old, change.new
    if change.op == "changed":
        old, new, lines = _pair(old, new)
        if is_image(path) and isinstance(change.old, str) and isinstance(change.new, str):
            old, new = _images(change.old, change.new, tags)
        return FieldDiff(path, "changed", _cut(old), _cut(new), lines)
    return FieldDiff(path, change.op, plain(old) if old is not None else "", plain(new) if new is not None else "")


def _pair(old: Any, new: Any) -> tuple[str, str, tuple[str, ...]]:
    """Two values as texts; the second is empty where one line says both."""
    if isinstance(old, Covered) or isinstance(new, Covered):
        was, is_now = _rest(old), _rest(new)
        if was and is_now and was != is_now:
            return _texts(was, is_now)
        return f"changed ({_size(old)} → {_size(new)} bytes)", "", ()
    if isinstance(old, str) and isinstance(new, str):
        return _texts(old, new)
    return _flow(old), _flow(new), ()


def _texts(old: str, new: str) -> tuple[str, str, tuple[str, ...]]:
    if "\n" not in old.rstrip("\n") and "\n" not in new.rstrip("\n"):
        return _flow(old), _flow(new), ()
    lines = list(unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm=""))[2:]
    found = [_cut(_CONTROL.sub("", line)) for line in lines] or ["(only the end of the text)"]
    more = len(found) - MOST_LINES
    shown = [*found[:MOST_LINES], *([f"… and {more} more lines"] if more > 0 else [])]
    added, removed = (sum(line.startswith(sign) for line in found) for sign in "+-")
    return f"{removed} lines out, {added} lines in", "", tuple(shown)


def _images(old: str, new: str, tags: Mapping[str, str]) -> tuple[str, str]:
    if same_name(old, new):
        was, is_now = short(old, tags), short(new, tags)
        if was != is_now:
            return was, is_now
    return old, new


def _rest(value: Any) -> str:
    return value.rest if isinstance(value, Covered) else value if isinstance(value, str) else ""


def _size(value: Any) -> int:
    return value.size if isinstance(value, Covered) else len(str(value).encode())


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Covered):
        return value.rest.replace("\n", "⏎") if value.rest else str(value)
    text = _CONTROL.sub("", str(value)).replace("\n", "⏎").replace("\t", " ")
    return text if text else '""'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def counts(diffs: Iterable[ObjectDiff]) -> Iterator[tuple[Action, int]]:
    """Of each action that there is, how many objects."""
    found = [diff.action for diff in diffs]
    for action in ("created", "configured", "unchanged", "deleted", "skipped"):
        if action in found:
            yield action, found.count(action)
