"""A goal: at which work, against whom, how many times less."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.engine.results import Comparison
from bench.engine.samples import Samples

OURS = "shipline"


@dataclass(frozen=True)
class Goal:
    work: str
    against: str
    ratio: float


def compared(
    goal: Goal, title: str, samples: Samples, of: Callable[[str, str], float | None] | None = None, unit: str = "s"
) -> Comparison:
    """`of` is the figure of a work and a tool: seconds without waiting when it is not given."""
    figure = of or samples.seconds
    notes = [samples.why_not(goal.work, tool) for tool in (OURS, goal.against)]
    ours, healthy = figure(goal.work, OURS), samples.until_healthy(goal.work, OURS)
    if unit == "s" and ours and healthy and healthy - ours > 0.001:
        notes.append(f"until all is healthy, too: {healthy:.2f} s")
    note = "; ".join(filter(None, notes))
    return Comparison(title, goal.against, ours, figure(goal.work, goal.against), unit, goal.ratio, note)
