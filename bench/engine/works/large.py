"""Five times as many objects: how long it takes to see that nothing changed, and how much memory it takes to do so."""

import tempfile
from functools import partial
from pathlib import Path

from bench.engine.cluster import cluster
from bench.engine.goals import Goal, compared
from bench.engine.peers import kubectl, shipline
from bench.engine.plan import Plan
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.engine.workload import Workload, write

NOOP, FRESH = "large", "large, fresh"
NAMES = ("large",)
TOOLS = (kubectl.PLAIN, shipline.OURS)


def measure(plan: Plan, wanted: frozenset[str], samples: Samples) -> list[Comparison]:
    """The objects are made once; that nothing changed is found as often as there are runs."""
    with tempfile.TemporaryDirectory(prefix="bench-work-") as folder, cluster() as running:
        files = write(Workload(plan.large), Path(folder) / "1")
        places = {tool.name: running.place(tool.name) for tool in TOOLS}
        for work, times in ((FRESH, 1), (NOOP, plan.runs)):
            for _ in range(times):
                for tool in TOOLS:
                    place = places[tool.name]
                    if not samples.failed(tool.name):
                        samples.measure(work, tool.name, partial(tool.run, tool.deploy(place, files), place))
                if work == FRESH:
                    running.settle()
    title, memory = f"{plan.large} objects, nothing changed", f"memory, {plan.large} objects"
    return [
        compared(Goal(NOOP, "kubectl", 100), title, samples),
        compared(Goal(NOOP, "kubectl", 1), f"{memory}, nothing changed", samples, samples.megabytes, "MB"),
        compared(Goal(FRESH, "kubectl", 1), f"{memory}, fresh", samples, samples.megabytes, "MB"),
    ]
