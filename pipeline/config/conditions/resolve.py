"""What was written of conditions → the plan. It finds no fault: check.py does."""

from typing import get_args

from pipeline.config.conditions import model
from pipeline.config.conditions.plan import (
    NONE,
    AlarmGate,
    Bounds,
    CommandsGate,
    Comparison,
    Condition,
    Conditions,
    FunctionGate,
    Gate,
    MetricSource,
    QuerySource,
    VariableGate,
)


def resolve(service: str, environment: str, given: model.Conditions | None) -> Conditions:
    if given is None:
        return NONE

    def condition(kind: str, rules: model.Rules, otherwise: str) -> Condition:
        names = [f"{environment}-{kind}-{number}" for number in range(1, len(rules) + 1)]
        gates = tuple((name, _gate(rule, f"{service}-{name}")) for name, rule in zip(names, rules, strict=True))
        return Condition(gates, otherwise)  # type: ignore[arg-type]

    return Conditions(
        before=condition("before", given.before.require, given.before.otherwise) if given.before else None,
        success=condition("success", given.success.require, given.success.otherwise) if given.success else None,
        failure=condition("failure", given.failure, "rollback") if given.failure else None,
    )


def _gate(rule: model.Rule, alarm: str) -> Gate:
    """`alarm` is the name of one that has to be made."""
    match rule:
        case model.AlarmRule():
            return AlarmGate(rule.alarm, rule.wait)
        case model.MetricRule():
            return AlarmGate(alarm, rule.wait, (_metric(rule.metric), _bounds(rule.metric)))
        case model.QueryRule():
            return AlarmGate(alarm, rule.wait, (QuerySource(" ".join(rule.query.select.split())), _bounds(rule.query)))
        case model.FunctionRule():
            return FunctionGate(rule.function, rule.parameters or "", rule.input)
        case model.VariableRule():
            return VariableGate(rule.variable, *_comparison(rule))
        case model.CommandsRule():
            return CommandsGate(rule.commands, rule.input)


def _metric(given: model.Metric) -> MetricSource:
    return MetricSource(given.namespace, given.name, tuple(sorted(given.dimensions.items())), given.statistic)


def _bounds(given: model.Threshold) -> Bounds:
    threshold = next((each for each in (given.above, given.below) if each is not None), 0.0)
    periods = max(1, (given.lasts or given.every) // given.every)
    return Bounds(threshold, given.above is not None, given.every, periods, given.missing == "bad")


def _comparison(rule: model.VariableRule) -> tuple[Comparison, str]:
    written: list[tuple[Comparison, str]] = [
        (name, value) for name in get_args(Comparison) if (value := getattr(rule, name)) is not None
    ]
    return written[0] if written else ("equals", "")
