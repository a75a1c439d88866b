"""Conditions with every default chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Comparison = Literal["equals", "differs", "contains", "matches"]
Input = Literal["release", "source"]


@dataclass(frozen=True)
class Bounds:
    """`periods` values in a row beyond `threshold`, each of the time `every`, ring the alarm."""

    threshold: float
    above: bool  # more than it is bad; else less
    every: timedelta
    periods: int
    missing_is_bad: bool


@dataclass(frozen=True)
class MetricSource:
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str


@dataclass(frozen=True)
class QuerySource:
    select: str


@dataclass(frozen=True)
class AlarmGate:
    """`made` is what an alarm of ours watches, and within which bounds; None: the alarm is there already."""

    alarm: str
    wait: timedelta | None
    made: tuple[MetricSource | QuerySource, Bounds] | None = None


@dataclass(frozen=True)
class FunctionGate:
    function: str
    parameters: str
    input: Input | None


@dataclass(frozen=True)
class VariableGate:
    variable: str  # NAMESPACE.NAME
    comparison: Comparison
    value: str


@dataclass(frozen=True)
class CommandsGate:
    lines: tuple[str, ...]
    input: Input


Gate = AlarmGate | FunctionGate | VariableGate | CommandsGate


@dataclass(frozen=True)
class Condition:
    """The gates by the names of their rules; `otherwise` is what happens when one of them fails."""

    gates: tuple[tuple[str, Gate], ...]
    otherwise: Literal["fail", "skip", "rollback"]


@dataclass(frozen=True)
class Conditions:
    before: Condition | None = None
    success: Condition | None = None
    failure: Condition | None = None

    @property
    def all(self) -> tuple[Condition, ...]:
        return tuple(each for each in (self.before, self.success, self.failure) if each)

    @property
    def gates(self) -> Iterator[Gate]:
        return (gate for condition in self.all for _, gate in condition.gates)

    @property
    def alarms_made(self) -> int:
        """Those of one metric each; CloudWatch charges for a query by the metrics that it reads."""
        made = [gate.made[0] for gate in self.gates if isinstance(gate, AlarmGate) and gate.made]
        return sum(isinstance(source, MetricSource) for source in made)


NONE = Conditions()
