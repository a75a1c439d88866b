"""The report for people: the document once more, line by line."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 110
_SHOWN = frozenset({"time", "event", "release"})
SIGNS = {"created": "+", "configured": "~", "deleted": "-", "skipped": "=", "unchanged": " "}


def text(told: Mapping[str, Any]) -> str:
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    number = f" {told['release']}" if told.get("release") else ""
    yield f"Release{number} of {told.get('service', '?')} to {told.get('environment', '?')}: {told['result']}"
    yield ""
    yield from _facts(told)
    yield from _section("Result", str(told.get("said", "")).splitlines())
    yield from _section("Stages", (f"{s['stage']:<10}{s['seconds']:>10.3f} s" for s in told.get("stages", [])))
    yield from _section("Changes", _changes(told.get("plan") or {}))
    yield from _section("Events", (_event(line) for line in told.get("events", [])))


def _facts(told: Mapping[str, Any]) -> Iterator[str]:
    for name in ("commit", "branch", "author", "message", "execution", "cluster", "namespace", "artifact"):
        if told.get(name):
            yield f"{name:<12}{str(told[name]).splitlines()[0]}"
    for name, image in (told.get("images") or {}).items():
        yield f"{'image':<12}{name} {image['tag']} {image['repository']}@{image['digest']}"
    if told.get("started"):
        yield f"{'started':<12}{_when(told['started'])}, took {told['seconds']:.1f} s"


def _section(title: str, lines: Any) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield title
        for line in found:
            yield f"  {line}"


def _changes(plan: Mapping[str, Any]) -> Iterator[str]:
    if not plan:
        return
    yield ", ".join(f"{number} {action}" for action, number in plan["counts"].items()) + f"   plan {plan['digest']}"
    for item in plan["objects"]:
        brief = f": {item['brief']}" if item.get("brief") else ""
        yield f"{SIGNS[item['action']]} {item['kind']} {item['name']}{brief}"
        for field in item.get("fields", []):
            yield f"    {field['path']}: {_field(field)}"
            yield from (f"      {line}" for line in field.get("lines", []))
    if plan.get("left_out"):
        yield f"… and {plan['left_out']} more objects"


def _field(field: Mapping[str, Any]) -> str:
    old, new = field.get("old", ""), field.get("new", "")
    if field["op"] == "changed":
        return f"{old} → {new}" if new else old
    return f"+ {new}" if field["op"] == "added" else f"- {old}"


def _event(line: Mapping[str, Any]) -> str:
    rest = "  ".join(f"{name}={_value(value)}" for name, value in line.items() if name not in _SHOWN)
    return f"{_when(line.get('time'))}  {line.get('event', ''):<12} {rest}".rstrip()


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return str(value).replace("\n", "\n" + " " * 6)


def _when(seconds: Any) -> str:
    if not isinstance(seconds, int | float):
        return "?"
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
