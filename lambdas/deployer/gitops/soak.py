"""A release that the reconciler has brought is watched for a while: its health there, and the team's alarms.

Counted from the moment when the release was healthy, which the ledger knows: nothing else is remembered.
"""

import datetime as dt
from collections.abc import Callable

from deployer import report
from deployer.budget import Budget
from deployer.errors import Fatal
from deployer.gates.alarms import ringing
from deployer.gitops.lineage import Lineage
from deployer.gitops.site import Site
from deployer.ledger import Entry
from deployer.outcome import Continue, Failed, Outcome, Succeeded, Token
from deployer.soak import PAUSE, THEN
from deployer.values import dataclass


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Soak:
    """`then` is what CodePipeline does when the stage fails."""

    site: Site
    number: int
    then: str
    now: Callable[[], dt.datetime] = _now

    def look(self, budget: Budget) -> Outcome:
        """One look, and a pause when it is not over yet."""
        target, entry = self.site.target, self._entry()
        left = (dt.datetime.fromisoformat(entry.finished) - self.now()).total_seconds() + target.soak
        if trouble := self._alarms(entry) or self._health(entry, last=left <= 0):
            return self._broken(trouble)
        if left <= 0:
            quiet = f", {len(target.alarms)} alarms quiet" if target.alarms else ""
            return Succeeded(self.number, f"release {self.number}: healthy for {target.soak:.0f} s{quiet}")
        self.site.log.event("soaks", release=self.number, left=round(left))
        self.site.sleep(max(0.0, min(PAUSE, left, budget.remaining() - budget.margin)))
        return Continue(Token(self.number, "soak", 0), f"release {self.number} soaks: {left:.0f} s are left")

    def _entry(self) -> Entry:
        entry, running = self.site.ledger.find(self.number), self.site.ledger.running()
        if entry is None or not entry.finished or running != self.number:
            raise Fatal(
                f"release {self.number} does not run in {self.site.target.environment} any more: "
                f"release {running} does, or another is on its way.",
                remedy="Nothing is left to watch; `shipline history` says what came after it.",
            )
        return entry

    def _alarms(self, entry: Entry) -> str:
        if self.site.alarms is None:
            return ""
        return ringing(self.site.alarms.of(self.site.target.alarms), dt.datetime.fromisoformat(entry.started))

    def _health(self, entry: Entry, *, last: bool) -> str:
        """What is broken, or at the last look not healthy; "" while there is hope."""
        images = entry.release(self.site.target.service).images
        state = self.site.cluster.look(Lineage(self.site.repository, entry.config, images).reached)
        if state.word == "broken" or (last and state.word != "healthy"):
            return f"{self.site.cluster.subject}: {state.told}"
        return ""

    def _broken(self, trouble: str) -> Failed:
        site, environment = self.site, self.site.target.environment
        why = site.redactor.clean(f"It did not stand its soak of {site.target.soak:.0f} s.\n{trouble}")
        site.log.event("soak failed", release=self.number, reason=why)
        site.ledger.close(self.number, "Failed", report.shortened(why, report.LONGEST_SUMMARY))
        remedy = "Next: fix it and push."
        return Failed(report.failure(self.number, environment, why, THEN[self.then], remedy))
