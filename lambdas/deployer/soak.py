"""A release that runs is watched for a while before it counts as passed: its health, and the team's alarms.

Counted from the moment when the release was healthy, which the ledger knows: nothing else is remembered, and whoever
asks again goes on from there. The cluster is read and never written.

inventory        is it still this release that runs here?
alarms           one that rings since the release began fails it
health           of its stored set; what cannot heal fails it at once, what is not healthy at the end then
"""

import datetime as dt
import time
from collections.abc import Callable

from deployer import report
from deployer.budget import Budget
from deployer.errors import Fatal
from deployer.gates.alarms import ringing
from deployer.inventory import FINAL, Journal
from deployer.ledger import Entry
from deployer.look import trouble_of
from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.values import dataclass
from deployer.world import World

PAUSE = 10.0  # seconds between two looks; CodePipeline adds its own before it asks again
THEN = {
    "rollback": "CodePipeline now runs the stage again with the last release that passed.",
    "retry": "It still runs there; CodePipeline asks once more.",
    "stop": "It still runs there.",
}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class Soak:
    """`then` is what CodePipeline does when the stage fails."""

    world: World
    number: int
    then: str
    now: Callable[[], dt.datetime] = _now
    sleep: Callable[[float], None] = time.sleep

    def look(self, budget: Budget) -> Outcome:
        """One look, and a pause when it is not over yet."""
        journal, _ = self.world.inventory.read()
        if journal.renews == self.number and journal.stage not in FINAL:
            return self._later("its secrets are being renewed")
        entry = self._entry(journal)
        left = (_time(entry.finished) - self.now()).total_seconds() + self.world.target.soak
        if trouble := self._alarms(entry) or self._health(journal, last=left <= 0):
            return self._broken(trouble)
        if left <= 0:
            return Succeeded(self.number, f"release {self.number}: {self._told()}")
        self.world.log.event("soaks", release=self.number, left=round(left))
        self.sleep(max(0.0, min(PAUSE, left, budget.remaining() - budget.margin)))
        return self._later(f"{left:.0f} s are left")

    def _later(self, why: str) -> Continue:
        return Continue(self.world.inventory.token(self.number, "soak", 0), f"release {self.number} soaks: {why}")

    def _entry(self, journal: Journal) -> Entry:
        """What the ledger says of the release; Fatal when it does not run here any more."""
        world = self.world
        entry = world.ledger.find(self.number)
        runs = (journal.number, journal.stage) == (self.number, "succeeded") or journal.renews == self.number
        if entry is None or not entry.finished or not runs:
            raise Fatal(
                f"release {self.number} does not run in {world.target.label} any more: "
                f"release {journal.number} does, or is on its way.",
                remedy="Nothing is left to watch; `shipline history` says what came after it.",
            )
        return entry

    def _alarms(self, entry: Entry) -> str:
        world = self.world
        if world.alarms is None:
            return ""
        return ringing(world.alarms.of(world.target.alarms), _time(entry.started))

    def _health(self, journal: Journal, *, last: bool) -> str:
        running = journal.good if journal.renews == self.number else self.number
        return trouble_of(self.world, self.world.store.load(journal.set_of(running)), last=last)

    def _broken(self, trouble: str) -> Failed:
        world, environment = self.world, self.world.target.label
        why = world.redactor.clean(f"It did not stand its soak of {world.target.soak:.0f} s.\n{trouble}")
        world.log.event("soak failed", release=self.number, reason=why)
        world.ledger.close(self.number, "Failed", report.shortened(why, report.LONGEST_SUMMARY))
        remedy = f"Next: fix it and push, or go back by hand: shipline rollback --env {environment}"
        return Failed(report.failure(self.number, environment, why, THEN[self.then], remedy))

    def _told(self) -> str:
        count = len(self.world.target.alarms)
        alarms = f", {count} alarm{'s' if count > 1 else ''} quiet" if count else ""
        return f"healthy for {self.world.target.soak:.0f} s{alarms}"


def _time(iso: str) -> dt.datetime:
    return dt.datetime.fromisoformat(iso)
