"""A release's life, as each tool does it: fresh, nothing changed, three objects of ten changed, back again, pruned.

Each run has a cluster of its own, and each tool a namespace in it. At each step the tools take turns, another one first
in each run; before a step the controllers have come to rest.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bench.engine.cluster import Cluster, Place, cluster
from bench.engine.goals import Goal, compared
from bench.engine.peers import bare, helm, kapp, kubectl, shipline
from bench.engine.plan import Plan
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.engine.tool import Argv, Tool
from bench.engine.workload import BARE, Files, Workload, write

GOALS = (
    Goal("noop", "kubectl", 45),
    Goal("noop", "helm", 110),
    Goal("noop", "kapp", 13),
    Goal("change", "kubectl", 8),
    Goal("change", "helm", 18),
    Goal("change", "kapp", 3.5),
    Goal("fresh", "kubectl", 5),
    Goal("fresh", "helm", 5),
    Goal("fresh", "kapp", 3),
    Goal("fresh", bare.NAME, 1 / 1.3),
    Goal("rollback", "helm", 20),
    Goal("prune", "kubectl --prune", 50),
)
NAMES = ("noop", "change", "fresh", "rollback", "prune")


def titles(plan: Plan) -> dict[str, str]:
    return {
        "noop": f"{plan.objects} objects, nothing changed",
        "change": f"{plan.changed} of {plan.objects} objects changed",
        "fresh": f"{plan.objects} objects, fresh",
        "rollback": f"{plan.changed} of {plan.objects} objects rolled back",
        "prune": f"{plan.dropped} of {plan.objects} objects pruned",
    }


def measure(plan: Plan, wanted: frozenset[str], samples: Samples) -> list[Comparison]:
    goals = [goal for goal in GOALS if goal.work in wanted]
    with tempfile.TemporaryDirectory(prefix="bench-work-") as folder:
        sets = Sets.write(plan, Path(folder))
        for number in range(plan.runs):
            samples.say(f"run {number + 1} of {plan.runs}: a new cluster")
            with cluster() as running:
                Life.begin(running, sets, wanted, number, samples).live()
    return [compared(goal, titles(plan)[goal.work], samples) for goal in goals]


@dataclass(frozen=True)
class Sets:
    """The same objects at three times."""

    first: Files
    changed: Files
    fewer: Files

    @classmethod
    def write(cls, plan: Plan, folder: Path) -> "Sets":
        first = Workload(plan.objects)
        changed, fewer = replace(first, changed=plan.changed), replace(first, dropped=plan.dropped)
        return cls(*(write(each, folder / name) for each, name in ((first, "1"), (changed, "2"), (fewer, "3"))))


@dataclass(frozen=True)
class Life:
    """One run on one cluster. A tool that failed at a step is left out of those that come after it."""

    running: Cluster
    sets: Sets
    wanted: frozenset[str]
    number: int
    samples: Samples
    tools: Sequence[Tool]
    places: Mapping[str, Place]

    @classmethod
    def begin(cls, running: Cluster, sets: Sets, wanted: frozenset[str], number: int, samples: Samples) -> "Life":
        named = {shipline.NAME} | {goal.against for goal in GOALS if goal.work in wanted}
        tools = [tool for tool in all_tools() if tool.name in named]
        return cls(running, sets, wanted, number, samples, tools, {tool.name: place(running, tool) for tool in tools})

    def live(self) -> None:
        """The steps that are wanted, and those that they need."""
        first, changed, fewer = self.sets.first, self.sets.changed, self.sets.fewer
        self.step("fresh", lambda tool, place: tool.deploy(place, first))
        if "noop" in self.wanted:
            self.step("noop", lambda tool, place: tool.deploy(place, first))
        if self.wanted & {"change", "rollback"}:
            self.step("change", lambda tool, place: tool.deploy(place, changed))
            self.step("rollback", lambda tool, place: tool.rollback(place) if tool.rollback else None)
            self.lift()
        if "prune" in self.wanted:
            self.step("prune", lambda tool, place: tool.deploy(place, fewer))

    def lift(self) -> None:
        """Our rollback holds the namespace until somebody says that releases go on."""
        if not self.samples.failed(shipline.NAME):
            ours = self.places[shipline.NAME]
            shipline.OURS.run(shipline.lift(ours), ours)

    def step(self, work: str, argv: Callable[[Tool, Place], Argv | None]) -> None:
        """Fresh objects are made by all; later on each tool does what it is compared by."""
        compared_by = {shipline.NAME} | {goal.against for goal in GOALS if goal.work == work}
        for tool in turned(self.tools, self.number):
            if (tool.name not in compared_by and work != "fresh") or self.samples.failed(tool.name):
                continue
            place = self.places[tool.name]
            if command := argv(tool, place):
                self.samples.measure(work, tool.name, partial(tool.run, command, place))
        self.running.settle()


def all_tools() -> list[Tool]:
    return [shipline.OURS, kubectl.PLAIN, kubectl.APPLYSET, helm.PLAIN, kapp.PLAIN, bare.tool()]


def turned(tools: Sequence[Tool], number: int) -> list[Tool]:
    """The tools in another order each time."""
    start = number % len(tools)
    return [*tools[start:], *tools[:start]]


def place(running: Cluster, tool: Tool) -> Place:
    if tool.name == bare.NAME:
        return running.place(BARE, BENCH_SERVER=running.relayed, BENCH_CA=str(running.certificates / "server.crt"))
    return running.place(tool.namespace, **tool.environ)
