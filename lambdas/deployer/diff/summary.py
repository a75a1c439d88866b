"""A plan in one paragraph that fits an approval: counts, images, and then as many objects as there is room for."""

import re
from collections.abc import Iterator, Sequence

from deployer.diff.model import ObjectDiff
from deployer.diff.text import counted

LONGEST = 1_000  # CodePipeline: characters of an approval's CustomData
_LAST = re.compile(r"[^.\[\]\"]+")
MOST_FIELDS = 3
_VERBS = (("configured", "changes"), ("created", "creates"), ("deleted", "deletes"), ("skipped", "leaves"))


def summary(diffs: Sequence[ObjectDiff], longest: int = LONGEST) -> str:
    """Never longer than `longest`; says how much it leaves out."""
    head = f"{counted(diffs)}."
    images = list(_images(diffs))
    if images:
        head = _append(head, "Images: ", images, longest - 40)
    told = list(_objects(diffs))
    return _append(head, "", told, longest)[:longest]


def _append(head: str, lead: str, parts: list[str], longest: int) -> str:
    """As many of the parts as fit, and how many do not."""
    for fitting in range(len(parts), 0, -1):
        more = len(parts) - fitting
        text = f"{head} {lead}{'; '.join(parts[:fitting])}{f'; and {more} more' if more else ''}."
        if len(text) <= longest:
            return text
    return head


def _images(diffs: Sequence[ObjectDiff]) -> Iterator[str]:
    seen = set()
    for diff in diffs:
        for field in diff.fields:
            if field.is_image and field.told not in seen:
                seen.add(field.told)
                yield field.told


def _objects(diffs: Sequence[ObjectDiff]) -> Iterator[str]:
    for action, verb in _VERBS:
        for diff in diffs:
            if diff.action == action:
                yield f"{verb} {diff.title}{_fields(diff)}"


def _fields(diff: ObjectDiff) -> str:
    names = list(dict.fromkeys(_last(field.path) for field in diff.fields))
    if not names:
        return ""
    more = len(names) - MOST_FIELDS
    return f" ({', '.join(names[:MOST_FIELDS])}{f', {more} more' if more > 0 else ''})"


def _last(path: str) -> str:
    """A path's last name: what people call the field."""
    found = _LAST.findall(path)
    return str(found[-1]) if found else path
