"""What a release asks of the API server when k of its N objects change, counted before the server.

What is read should depend on how many kinds there are, and what is written on how much has changed; neither on N.
"""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.engine.cluster import Cluster, cluster, write_kubeconfig
from bench.engine.native import counter
from bench.engine.peers import shipline
from bench.engine.plan import Plan
from bench.engine.process import ProgramFailed
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.engine.workload import Workload, write

NAMES = ("requests",)
WRITES = frozenset({"create", "update", "patch", "delete"})
FEW = 10  # changes that are made whatever N is
TITLE = "Requests of a release that changes k of N objects"
HEAD = ("N", "k", "reads", "dry runs", "writes")


@dataclass(frozen=True)
class Row:
    """One release: `seen` counts its requests by "verb resource"."""

    objects: int
    changed: int
    seen: Mapping[str, int]

    @property
    def reads(self) -> int:
        return sum(self.seen.values()) - self.tries - self.writes

    @property
    def tries(self) -> int:
        """Dry runs, which ask what a write would do."""
        return self._of({"dry-run"})

    @property
    def writes(self) -> int:
        return self._of(WRITES)

    def cells(self) -> tuple[str, ...]:
        return tuple(f"{each}" for each in (self.objects, self.changed, self.reads, self.tries, self.writes))

    def _of(self, verbs: Iterable[str]) -> int:
        return sum(count for name, count in self.seen.items() if name.split()[0] in verbs)


def measure(plan: Plan, wanted: frozenset[str], samples: Samples) -> list[Comparison]:
    rows = []
    try:
        for objects in (plan.objects // 10, plan.objects, plan.objects * 10):
            with tempfile.TemporaryDirectory(prefix="bench-work-") as folder, cluster() as running:
                rows += released(running, objects, Path(folder), samples)
    except ProgramFailed as failed:
        samples.say(f"requests: FAILED\n{failed}")
        return [Comparison(TITLE, "the smallest N", None, None, "reads", 1, str(failed).splitlines()[0])]
    samples.tables[TITLE] = (HEAD, *(row.cells() for row in rows))
    return comparisons(rows)


def released(running: Cluster, objects: int, folder: Path, samples: Samples) -> list[Row]:
    """A first release, and one for each number of changes; each changes what it changes to a version of its own."""
    place, rows = running.place("requests"), []
    with counter(running.plane.url, running.certificates) as counts:
        write_kubeconfig(running, running.kubeconfig, counts.port)
        for number, changed in enumerate((0, 0, 1, FEW, objects * 3 // 10)):
            files = write(Workload(objects, changed=changed, version=f"v{number}"), folder / str(number))
            shipline.OURS.run(shipline.deploy(place, files), place)
            row = Row(objects, changed if number else objects, counts.taken())
            samples.say(
                f"requests: {', '.join(f'{name} {cell}' for name, cell in zip(HEAD, row.cells(), strict=True))}"
            )
            rows.append(row)
            running.settle()
    return rows


def comparisons(rows: list[Row]) -> list[Comparison]:
    """Between the smallest and the largest N; what the smallest has is what the largest may have."""
    few = [row for row in rows if row.changed == FEW]
    least, most = few[0], few[-1]
    work = f"{FEW} of {most.objects} objects changed"
    against = f"{FEW} of {least.objects}"
    return [
        Comparison(f"{work}, reads", against, most.reads, least.reads, "requests", 1),
        Comparison(f"{work}, writes", against, most.writes, least.writes, "requests", 1),
    ]
