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
    """`of` is the figure of a work and a tool: seconds when it is not given."""
    figure = of or samples.seconds
    why = [text for tool in (OURS, goal.against) if (text := samples.why_not(goal.work, tool))]
    return Comparison(
        title, goal.against, figure(goal.work, OURS), figure(goal.work, goal.against), unit, goal.ratio, "; ".join(why)
    )
