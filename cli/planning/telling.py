"""A plan → lines for people, and data for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from textwrap import wrap
from typing import Any

from cli.planning.changes import Change
from cli.planning.deployed import Deployed
from cli.planning.grants import MAY, Kind
from cli.planning.lines import Line
from cli.planning.plan import Plan
from cli.planning.rights import Right, RightsChange

WIDTH = 100
# What a right of this kind is, when it comes and when it goes.
VERBS: dict[Kind, tuple[str, str]] = {
    "role": ("may now {actions}{on}", "may no longer {actions}{on}"),
    "trust": ("may now be assumed by {who} ({actions})", "may no longer be assumed by {who} ({actions})"),
    "resource": ("may now be used by {who}: {actions}{on}", "may no longer be used by {who}: {actions}{on}"),
    "access": ("gets {actions} in {place}", "loses {actions} in {place}"),
}
PEOPLE = {"*": "everybody", "ACCOUNT": "this account"}
DENIALS = ("is denied {actions}{on}{by}", "is no longer denied {actions}{on}{by}")
GROUPS = {
    "network": "Network",
    "losses": "Lost, replaced or left behind",
    "pipeline": "The pipeline",
    "rest": "The rest",
}


def lines(plan: Plan, width: int = WIDTH) -> Iterator[str]:
    """The summary comes last."""
    for line in _told(plan):
        indent = line[: len(line) - len(line.lstrip())]
        yield from _wrapped(line.strip(), indent, width) or [""]


def _told(plan: Plan) -> Iterator[str]:
    notes = [line for stack in plan.stacks for line in _stack(stack)]
    yield from [*notes, ""] if notes else []
    if plan.rights:
        yield from ("Rights", *_rights(plan.rights), "")
    for group, title in GROUPS.items():
        if found := getattr(plan, group):
            yield from (title, *(words for line in found for words in _line(line)), "")
    yield plan.summary


def data(plan: Plan) -> dict[str, Any]:
    """The stable shape of `--output json`."""
    return {
        "summary": plan.summary,
        "counts": plan.counts,
        "stacks": [
            {"name": each.name, "status": each.status or None, "note": each.note, "remedy": each.remedy}
            for each in plan.stacks
        ],
        "rights": [asdict(each) for each in plan.rights],
        **{group: [asdict(line) for line in getattr(plan, group)] for group in GROUPS},
        "changes": [_change(each) for each in plan.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "stack": change.stack,
        "id": change.id,
        "type": change.type,
        "action": change.action,
        "because": list(change.because),
        "refused": change.refused,
        "properties": [
            {"path": ".".join(each.path), "before": each.before, "after": each.after} for each in change.properties
        ],
    }


def _stack(stack: Deployed) -> Iterator[str]:
    if stack.note:
        yield f"{stack.name} {stack.note}"
    if stack.remedy:
        yield f"  → {stack.remedy}"


def _rights(changes: Iterable[RightsChange]) -> Iterator[str]:
    """What one thing may, who may act as it and who may use it, under its name."""
    things: dict[str, list[RightsChange]] = {}
    for change in changes:
        things.setdefault(change.holder.words, []).append(change)
    for words, found in things.items():
        state = " (new)" if all(each.new for each in found) else " (goes)" if all(each.gone for each in found) else ""
        yield f"  {words}{state}"
        for change in found:
            for right in change.rights:
                yield f"    {_right(change.holder.kind, right)}"


def _right(kind: Kind, right: Right) -> str:
    who, places = (", ".join(_everybody(each) for each in right.who), _places(right.on))
    words = (VERBS[kind] if right.effect == MAY else DENIALS)[(right.direction == "widens") != (right.effect == MAY)]
    told = words.format(
        actions=", ".join(right.actions),
        who=who,
        on=f" on {places}" * bool(places),
        place=places,
        by=f" to {who}" * bool(who),
    )
    return f"{'+' if right.direction == 'widens' else '-'} {told}{f', when {right.when}' * bool(right.when)}"


def _everybody(who: str) -> str:
    return PEOPLE.get(who, who)


def _places(on: tuple[str, ...]) -> str:
    """A bucket and all of its objects are told as one."""
    told = []
    for each in on:
        whole = each.removesuffix("/*")
        if each != whole and whole in on:
            continue
        if each == "*":
            told.append("any resource")
        elif each != whole and whole.startswith("the "):
            told.append(f"what is in {whole}")
        else:
            told.append(f"{each} and what is in it" if f"{each}/*" in on else each)
    return ", ".join(told)


def _line(line: Line) -> Iterator[str]:
    yield f"  {line.text}"
    yield from (f"    {detail}" for detail in line.details)


def _wrapped(words: str, indent: str, width: int) -> list[str]:
    return wrap(
        words,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
