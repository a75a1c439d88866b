"""A story and its end -> one JSON document: every value in it a text, a number, or a list or mapping of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, assert_never

from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.report.story import Line, Story

SCHEMA = 1
_TOLD_ELSEWHERE = frozenset({"stage", "planned", "invoked", "measured"})


def document(story: Story, outcome: Outcome) -> dict[str, Any]:
    lines = story.lines
    times = [line["time"] for line in lines if isinstance(line.get("time"), int | float)]
    return {
        "schema": SCHEMA,
        "result": result(outcome),
        **story.told(),
        "release": _number(lines, outcome),
        "started": min(times, default=0.0),
        "seconds": round(max(times, default=0.0) - min(times, default=0.0), 3),
        "stages": list(_stages(lines)),
        "events": [dict(line) for line in lines if line.get("event") not in _TOLD_ELSEWHERE],
        "said": said(outcome),
    }


def result(outcome: Outcome) -> str:
    return type(outcome).__name__


def said(outcome: Outcome) -> str:
    """The words that the action's result shows."""
    match outcome:
        case Succeeded() | Continue():
            return outcome.summary
        case Failed():
            return outcome.message
        case _:
            assert_never(outcome)


def _number(lines: Iterable[Line], outcome: Outcome) -> int:
    if isinstance(outcome, Succeeded):
        return outcome.number
    return next((int(line["release"]) for line in lines if line.get("release")), 0)


def _stages(lines: Iterable[Line]) -> Iterator[Mapping[str, Any]]:
    """Each stage with its seconds; a stage that was entered twice stands there twice."""
    for line in lines:
        if line.get("event") == "stage":
            yield {"stage": line.get("stage"), "seconds": line.get("seconds"), "ended": line.get("time")}
