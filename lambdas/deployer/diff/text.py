"""Differences for a terminal: every line within its width, one object after the other, what is unchanged left out."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from deployer.diff.model import FieldDiff, ObjectDiff, counts
from deployer.diff.unified import yaml_of

SIGNS = {"created": "+", "configured": "~", "deleted": "-", "skipped": "=", "unchanged": " "}
WORDS = {"skipped": "stays: it is never deleted by a release"}


def text(diffs: Sequence[ObjectDiff], width: int = 100, *, full: bool = False) -> str:
    """The whole; with `full`, created objects in all their fields."""
    lines = [counted(diffs)]
    for diff in diffs:
        if diff.action != "unchanged":
            lines += ["", *of_object(diff, width, full=full)]
    return "\n".join(lines) + "\n"


def counted(diffs: Iterable[ObjectDiff]) -> str:
    """`2 created, 1 configured, 5 unchanged`."""
    return ", ".join(f"{number} {action}" for action, number in counts(diffs)) or "nothing to do"


def of_object(diff: ObjectDiff, width: int, *, full: bool = False) -> Iterator[str]:
    whole = full and diff.action == "created" and diff.after is not None
    said = WORDS.get(diff.action, "") if whole else diff.brief or WORDS.get(diff.action, "")
    yield from _wrapped(f"{SIGNS[diff.action]} {diff.title}{': ' + said if said else ''}", width, "    ")
    for field in diff.fields:
        yield from _field(field, width)
    if whole and diff.after is not None:
        yield from (f"    {line}" for line in yaml_of(diff.after))  # to be copied: not broken


def _field(field: FieldDiff, width: int) -> Iterator[str]:
    line = f"    {field.path}: {field.told}"
    if len(line) <= width:
        yield line
    else:
        yield from _wrapped(f"    {field.path}:", width, "      ")
        parts = (("- ", field.old), ("+ ", field.new)) if field.new and field.op == "changed" else (("", field.told),)
        for sign, value in parts:
            yield from _wrapped(f"      {sign}{value}", width, "        ")
    for each in field.lines:
        yield from _wrapped(f"      {each}", width, "        ")


def _wrapped(line: str, width: int, indent: str) -> list[str]:
    """The line, broken where it must be: at spaces if it can, and nothing of it lost."""
    if len(line) <= width:
        return [line]
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=False)
