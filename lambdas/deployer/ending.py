"""How an invocation ends, in words: what ran, what runs now, and what to do next."""

from typing import Protocol

from deployer import report
from deployer.errors import AtWork, DeployError, Unavailable
from deployer.inventory import Journal
from deployer.ledger import Ledger
from deployer.log import Log
from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.target import Target
from deployer.world import World


def answer(world: World, journal: Journal) -> Outcome:
    """What is said of a release that has ended, each time that it is asked for."""
    if journal.stage == "succeeded":
        summary = report.success(journal.number, journal.counts, journal.scan)
        return Succeeded(journal.number, summary, report.outputs(journal.number, journal.digests, journal.scan))
    back = journal.good and journal.good != journal.number
    restored = (
        f"{world.target.label} is back at release {journal.good}, and healthy."
        if back
        else "There is no earlier release to go back to: its objects are left as they are, for you to look at."
    )
    elsewhere = "".join(f" (or -n {namespace})" for namespace in world.target.other_namespaces)
    remedy = f"Next: fix it and push; to look: kubectl get events,pods -n {world.target.namespace}{elsewhere}"
    return Failed(report.failure(journal.number, world.target.label, journal.failure, restored, remedy))


def reason(world: World, error: Exception) -> str:
    """The error's words, masked."""
    return world.redactor.clean(str(error))


def refused(world: World, number: int, error: DeployError) -> Failed:
    """Nothing of the release was written."""
    why = reason(world, error)
    world.log.event("refused", release=number, reason=why)
    world.ledger.close(number, "Failed", report.shortened(why, report.LONGEST_SUMMARY))
    return Failed(
        report.failure(number, world.target.label, why, "Nothing was changed.", "Next: fix it and push."),
        error.kind,
    )


class Told(Protocol):
    """What both ways of delivering have: whom a release's end is told to."""

    @property
    def target(self) -> Target: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def log(self) -> Log: ...


def held(world: Told, number: int, reason: str) -> Failed:
    """Somebody stops releases here: nothing is changed, not even what an earlier one left half done."""
    world.log.event("held", release=number, reason=reason)
    world.ledger.close(number, "Held", reason)
    return Failed(report.failure(number, world.target.label, reason, "Nothing was changed.", ""))


def stuck(world: World, number: int, journal: Journal, error: DeployError) -> Failed:
    """Going back failed, too: both errors are told, and the journal stays where the next run takes it up."""
    why = reason(world, error)
    back = f"Going back to release {journal.good}" if journal.good not in (0, number) else "Leaving it as it is"
    both = f"{journal.failure}\n{back} failed as well: {why}"
    world.log.event("stuck", release=number, reason=why)
    world.ledger.close(number, "Failed", report.shortened(both, report.LONGEST_SUMMARY))
    remedy = "Next: fix it and push, or retry the stage; the next run takes it up from here."
    return Failed(report.failure(number, world.target.label, both, "", remedy), error.kind)


def unavailable(world: World, number: int, journal: Journal, error: Unavailable) -> Failed:
    """Something did not answer; what was begun is left as it stands."""
    why = reason(world, error)
    world.log.event("unavailable", release=number, stage=journal.stage, reason=why)
    world.ledger.close(number, "Failed", report.shortened(why, report.LONGEST_SUMMARY))
    return Failed(report.failure(number, world.target.label, why, "", ""), error.kind)


def waits(world: World, number: int, error: AtWork) -> Continue:
    """Nothing is begun yet: the next invocation asks again from the start."""
    why = reason(world, error)
    world.log.event("waits", release=number, reason=why)
    return Continue(world.inventory.token(number, "take", 0), why)


def _standing(world: World, journal: Journal) -> str:
    """Where it is; of a canary also how far."""
    wanted = world.target.progressive
    if journal.stage != "canary" or wanted is None or not 0 < journal.step <= len(wanted.steps):
        return journal.stage
    return f"{wanted.word} at {wanted.steps[journal.step - 1]} %, {journal.waited:.0f} of {wanted.pause:.0f} s"


def continued(world: World, number: int, journal: Journal) -> Continue:
    """The next invocation goes on; holding ends, and the fence of the token is the one that this one held."""
    world.log.event("continues", release=number, stage=journal.stage, waited=round(journal.waited, 1))
    summary = f"release {number}: {_standing(world, journal)}, {report.counts(journal.counts)}"
    return Continue(world.inventory.token(number, journal.stage, journal.fence), summary)
