"""Conditions in words, for `shipline explain`."""

from collections.abc import Iterator

from pipeline.config.conditions.plan import (
    AlarmGate,
    Bounds,
    CommandsGate,
    Condition,
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
            yield f"{when}: {_all(condition)}; otherwise {otherwise[condition.otherwise]}"


def _all(condition: Condition) -> str:
    return ", and ".join(said(gate) for _, gate in condition.gates)


def said(gate: Gate) -> str:
    match gate:
        case AlarmGate(alarm, wait, made):
            watched = f" for {spell(wait)}" if wait else ""
            return f"{_bounded(*made)}{watched}" if made else f"the alarm {alarm} is silent{watched}"
        case FunctionGate(function):
            return f"the function {function} agrees"
        case VariableGate(variable, comparison, value):
            return f"{variable} {COMPARED[comparison]} {value}"
        case CommandsGate(commands):
            return f"{len(commands)} command{'s' if len(commands) > 1 else ''} succeed"


def _bounded(source: MetricSource | QuerySource, bounds: Bounds) -> str:
    what = source.select if isinstance(source, QuerySource) else f"{source.statistic} of {source.name}"
    span = bounds.every * bounds.periods
    return f"{what} is not {'above' if bounds.above else 'below'} {bounds.threshold:g} for {spell(span)}"
