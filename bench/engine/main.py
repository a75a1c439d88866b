"""All works, or some of them; the table on the terminal, and everything in bench/results."""

import argparse
from collections.abc import Sequence

from bench.engine import page, surroundings
from bench.engine.page import Page
from bench.engine.peers import helm, kapp, kubectl
from bench.engine.plan import Plan
from bench.engine.samples import Samples
from bench.engine.table import HEAD, cells
from bench.engine.works import bump, cold, lag, large, lifecycle, requests
from cli.console import columns
from local.settings import CHECKOUT

RESULTS = CHECKOUT / "bench" / "results"
WORKS = (lifecycle, large, lag, bump, cold, requests)
NAMES = tuple(name for work in WORKS for name in work.NAMES)
# Minutes that each run takes on two quiet cores with 1000 objects; those of requests are not for each run.
MINUTES = {
    "noop": 0.9, "change": 0.9, "fresh": 0.9, "rollback": 0.7, "prune": 0.9, "large": 1.2, "lag": 1.0, "bump": 0.1,
    "cold": 0.05,
}  # fmt: skip
MINUTES_OF_REQUESTS = 3.0


def main(argv: Sequence[str]) -> int:
    """0 also when goals are missed: what was measured is what there is to see."""
    arguments = parser().parse_args(argv)
    wanted = frozenset(arguments.only or NAMES)
    plan, samples = Plan(arguments.runs, arguments.objects), Samples()
    samples.say(f"{', '.join(name for name in NAMES if name in wanted)}: about {minutes(plan, wanted):.0f} minutes")
    whole = wanted == frozenset(NAMES) and plan == Plan()
    tools = [*lifecycle.all_tools(), helm.WAITING, kubectl.WAITING, kubectl.WAITING_FOR_ALL]
    asked = [kubectl.PLAIN, helm.PLAIN, kapp.PLAIN]
    facts = {"Machine": surroundings.machine(), "Versions": surroundings.versions(asked)}
    made = Page(RESULTS / ("latest" if whole else "part"), plan, samples, tools, facts)
    for work in WORKS:
        if chosen := wanted & set(work.NAMES):
            made.comparisons += work.measure(plan, chosen, samples)
            page.write(made)  # so that nothing is lost when a later one breaks
    print("\n" + "\n".join(columns([HEAD, *map(cells, made.comparisons)])))
    print(f"\nwritten: {made.stem}.md, .json, .svg and .machine.json")
    return 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench engine", description=__doc__)
    made.add_argument("--runs", type=int, default=Plan.runs, help=f"of each work ({Plan.runs})")
    made.add_argument("--objects", type=int, default=Plan.objects, help=f"of the usual release ({Plan.objects})")
    made.add_argument("--only", type=works, metavar="WORK,WORK", help=f"some of {', '.join(NAMES)}")
    return made


def works(text: str) -> list[str]:
    found = text.split(",")
    if unknown := set(found) - set(NAMES):
        raise argparse.ArgumentTypeError(f"no such work: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return found


def minutes(plan: Plan, wanted: frozenset[str]) -> float:
    each = sum(MINUTES.get(name, 0.0) for name in wanted)
    once = MINUTES_OF_REQUESTS if "requests" in wanted else 0.0
    return (plan.runs * each + once) * plan.objects / 1000
