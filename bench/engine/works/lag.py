"""How long after the last pod is ready a tool says so: 50 Deployments of two pods each, seen by an observer beside it.

A lag counts from the moment at which the observer saw the last Deployment complete, which is when a tool can know, to
the end of the tool's process, whatever it still writes down after the pods are ready.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.engine.cluster import Cluster, cluster
from bench.engine.peers import helm, kubectl, shipline
from bench.engine.plan import Plan
from bench.engine.process import ProgramFailed, Ran
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.engine.tool import Tool
from bench.engine.workload import Files, Workload, write
from bench.figures import middle
from local.settings import CHECKOUT
from tests.support.controlplane import TOKEN

NAMES = ("lag",)
DEPLOYMENTS, PODS_EACH = 50, 2
WORKLOAD = Workload(DEPLOYMENTS, replicas=PODS_EACH, kinds=("Deployment",))
TOOLS = (shipline.OURS, helm.WAITING, kubectl.WAITING, kubectl.WAITING_FOR_ALL)
GOALS = {helm.WAITING.name: 3.0, kubectl.WAITING.name: 40.0}  # the last one has none: its lag is told beside
LONGEST = 0.050  # seconds, of 99 runs in 100
OURS_PER_RUN = 4  # a percentile wants more runs than a median; those of the others are slow


@dataclass(frozen=True)
class Lag:
    complete: float  # seconds from the last Deployment's completion
    ready: float  # seconds from the last pod's readiness


def measure(plan: Plan, wanted: frozenset[str], samples: Samples) -> list[Comparison]:
    lags: dict[str, list[Lag]] = {tool.name: [] for tool in TOOLS}
    with tempfile.TemporaryDirectory(prefix="bench-work-") as folder, cluster() as running:
        files = write(WORKLOAD, Path(folder) / "1")
        for number in range(plan.runs * OURS_PER_RUN):
            for tool in TOOLS[: 1 if number % OURS_PER_RUN else None]:
                if samples.failed(tool.name):
                    continue
                if lag := _one(running, f"{tool.namespace}-{number}", tool, files, samples):
                    lags[tool.name].append(lag)
    return comparisons(lags, samples)


def comparisons(lags: dict[str, list[Lag]], samples: Samples) -> list[Comparison]:
    work = f"{DEPLOYMENTS} Deployments, from all complete to done"
    ours, at_once = lags[shipline.NAME], _median(lags[kubectl.WAITING_FOR_ALL.name])
    notes = {name: samples.why_not("lag", name) for name in GOALS}
    if at_once is not None:
        notes[kubectl.WAITING.name] += f"all Deployments in one process: {at_once:.3f} s"
    rows = [
        Comparison(work, name, _median(ours), _median(lags[name]), "s", goal, notes[name])
        for name, goal in GOALS.items()
    ]
    told = f"from the last pod ready: {percentile([lag.ready for lag in ours], 0.99):.3f} s" if ours else ""
    worst = percentile([lag.complete for lag in ours], 0.99) if ours else None
    return [*rows, Comparison(f"{work}, p99 of {len(ours)} runs", "50 ms", worst, LONGEST, "s", 1, told)]


def percentile(values: list[float], part: float) -> float:
    """The value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _median(lags: list[Lag]) -> float | None:
    return middle(lag.complete for lag in lags) if lags else None


def _one(running: Cluster, namespace: str, tool: Tool, files: Files, samples: Samples) -> Lag | None:
    place = running.place(namespace, **tool.environ)
    with observer(running, namespace) as seen:
        ran = samples.measure("lag", tool.name, lambda: tool.run(tool.deploy(place, files), place))
        try:
            lag = seen(ran) if ran else None
        except ProgramFailed as failed:
            samples.fail("lag", tool.name, failed)
            return None
    running.clear(namespace)
    if lag:
        samples.say(f"lag: {tool.name} {lag.complete * 1000:+.0f} ms, from the last pod {lag.ready * 1000:+.0f} ms")
    return lag


@contextmanager
def observer(running: Cluster, namespace: str) -> Iterator[Callable[[Ran], Lag]]:
    """Watches from before the tool begins; says how much later than itself a tool was."""
    argv = [sys.executable, "-m", "bench.engine.observer", running.plane.url, running.certificates / "server.crt"]
    argv += [TOKEN, namespace, DEPLOYMENTS, DEPLOYMENTS * PODS_EACH]
    with subprocess.Popen([str(word) for word in argv], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout
        said.readline()

        def seen(ran: Ran) -> Lag:
            at = json.loads(said.readline())
            if len(at) < 2:
                raise ProgramFailed(f"the observer of {namespace} saw no end: {at}")
            return Lag(ran.ended - at["complete"], ran.ended - at["ready"])

        try:
            yield seen
        finally:
            process.kill()
