"""Conditions in words, for `shipline explain`."""

from collections.abc import Iterator

from pipeline.config.conditions.plan import (
    AlarmGate,
    Bounds,
    CommandsGate,
    Conditions,
    FunctionGate,
    Gate,
    MetricSource,
    QuerySource,
    VariableGate,
)
from pipeline.config.kinds import spell

COMPARED = {"equals": "is", "differs": "is not", "contains": "contains", "matches": "matches"}


def lines(given: Conditions) -> Iterator[str]:
    for when, condition, otherwise in (
        ("before it is entered", given.before, {"fail": "it fails", "skip": "it is skipped"}),
        ("after it has succeeded", given.success, {"rollback": "it goes back", "fail": "it fails"}),
        ("after it has failed", given.failure, {"rollback": "it goes back"}),
    ):
        if condition:
            waits = "within" if condition is given.before else "for"
            told = ", and ".join(said(gate, waits) for _, gate in condition.gates)
            yield f"{when}: {told}; otherwise {otherwise[condition.otherwise]}"


def said(gate: Gate, waits: str) -> str:
    """`waits` is how an alarm's time is meant: that it falls silent within it, or stays silent for it."""
    match gate:
        case AlarmGate(alarm, wait, made):
            watched = f", {waits} {spell(wait)}" if wait else ""
            return f"{_bounded(*made)}{watched}" if made else f"the alarm {alarm} is silent{watched}"
        case FunctionGate(function):
            return f"the function {function} agrees"
        case VariableGate(variable, comparison, value):
            return f"{variable} {COMPARED[comparison]} {value}"
        case CommandsGate(commands):
            return "its command succeeds" if len(commands) == 1 else f"its {len(commands)} commands succeed"


def _bounded(source: MetricSource | QuerySource, bounds: Bounds) -> str:
    what = source.select if isinstance(source, QuerySource) else f"{source.statistic} of {source.name}"
    span = bounds.every * bounds.periods
    return f"{what} is not {'above' if bounds.above else 'below'} {bounds.threshold:g} for {spell(span)}"
