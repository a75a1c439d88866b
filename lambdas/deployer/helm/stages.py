"""What a release does for its charts besides their objects: crds/, hooks, records. The flow asks at each stage.

The journal keeps, for each Helm release, the revision that is to be written: 0 when the one that is there says it all,
LEAVES when the chart is no longer delivered.
"""

import time
from collections.abc import Callable, Iterable

from deployer.desired import Desired
from deployer.helm import definitions
from deployer.helm.chart import Chart
from deployer.helm.hooks import Hooks
from deployer.helm.record import Records
from deployer.helm.runs import Run
from deployer.helm.takeover import strangers
from deployer.inventory import Hold, Journal, Member, widened
from deployer.kube.verbs import Cluster
from deployer.values import dataclass

LEAVES = -1


def foresee(
    cluster: Cluster, records: Records, desired: Desired, journal: Journal, namespace: str
) -> tuple[dict[str, int], Journal]:
    """The revisions to be, and the journal with what Helm itself brought meanwhile: before anything is written.

    Fatal for a chart that cannot be released: Helm is at work on it, its record is too large, its crds/ are refused.
    """
    definitions.absent(cluster, desired.charts)
    revisions = {chart.release: records.following(chart) for chart in desired.charts}
    wanted = {item.identity for item in desired.items}
    more: list[Member] = []
    for chart in desired.charts:
        last = records.last(chart.release) if revisions[chart.release] > 1 else None
        more += strangers(cluster, last, namespace, wanted) if last else []
    leaving = {release: LEAVES for release in journal.revisions if release not in revisions}
    return {**revisions, **leaving}, journal.having(members=widened(journal.members, more))


@dataclass
class Charts:
    """One release's charts, while it is carried out."""

    cluster: Cluster
    records: Records
    namespace: str
    hold: Hold
    number: int
    over: Callable[[], bool]
    patience: float

    def before(self, desired: Desired) -> bool:
        """crds/ and the pre hooks; False when the invocation is over first."""
        definitions.install(self.cluster, desired.charts, self.hold.check)
        return self._run("pre", self._changed(desired.charts))

    def after(self, desired: Desired) -> bool:
        return self._run("post", self._changed(desired.charts))

    def leaving(self, charts: Callable[[], Iterable[Chart]], event: str) -> bool:
        """The hooks of charts that leave; `charts` gives those of the release that is left, when it is needed."""
        if LEAVES not in self.hold.journal.revisions.values():
            return True
        going = [chart for chart in charts() if self.hold.journal.revisions.get(chart.release) == LEAVES]
        return self._each((chart, event) for chart in going)

    def rolling_back(self, previous: Desired, event: str) -> bool:
        """The rollback hooks of the charts that are gone back to."""
        return self._each((chart, event) for chart in self._changed(previous.charts))

    def succeeded(self, desired: Desired) -> None:
        revisions, back = self.hold.journal.revisions, self.hold.journal.again > 0
        for chart in self._changed(desired.charts):
            self.records.succeeded(chart, revisions[chart.release], self._mark("release"), self._runs, back=back)
        for release, number in revisions.items():
            if number == LEAVES:
                self.records.forget(release)

    def failed(self, desired: Callable[[], Desired], previous: Desired | None) -> None:
        """Helm's history shows what happened: the failed revision, and a rollback to the one before."""
        journal = self.hold.journal
        if not any(number > 0 for number in journal.revisions.values()):
            return
        earlier = {chart.release: chart for chart in previous.charts} if previous else {}
        for chart in self._changed(desired().charts):
            number = journal.revisions[chart.release]
            self.records.failed(chart, number, journal.failure, self._mark("release"), self._runs)
            if chart.release in earlier:
                before = earlier[chart.release]
                self.records.gone_back(before, number + 1, self._mark("return"), self._runs)

    @property
    def _runs(self) -> list[Run]:
        return [Run.read(text) for text in self.hold.journal.hooks]

    def _mark(self, what: str) -> str:
        return f"{what} {self.number} {self.hold.journal.attempt}"

    def _changed(self, charts: Iterable[Chart]) -> list[Chart]:
        """A chart that is as it was runs no hooks and writes no record."""
        return [chart for chart in charts if self.hold.journal.revisions.get(chart.release, 0) > 0]

    def _run(self, moment: str, charts: list[Chart]) -> bool:
        if not any(event.startswith(moment) for chart in charts for hook in chart.hooks for event in hook.events):
            return True
        installed, again = self.records.names(), "rollback" if self.hold.journal.again else "upgrade"
        return self._each((chart, f"{moment}-{again if chart.release in installed else 'install'}") for chart in charts)

    def _each(self, moments: Iterable[tuple[Chart, str]]) -> bool:
        hold, began = self.hold, time.monotonic()
        hooks = Hooks(
            cluster=self.cluster,
            namespace=self.namespace,
            attempt=f"{self.number}-{hold.journal.attempt}",
            remember=lambda text: hold.update(hooks=(*hold.journal.hooks, text)),
            remembered=lambda: hold.journal.hooks,
            check=hold.check,
            over=self.over,
            late=lambda: time.monotonic() - began > self.patience,
        )
        return all(hooks.run(chart, event) == "done" for chart, event in moments)
