"""How an invocation ends, in words: what ran, what runs now, and what to do next."""

from deployer import report
from deployer.inventory import Journal
from deployer.outcome import Failed, Outcome, Succeeded
from deployer.world import World


def answer(world: World, journal: Journal) -> Outcome:
    """What is said of a release that has ended, each time that it is asked for."""
    if journal.stage == "succeeded":
        summary = report.success(journal.number, journal.counts)
        return Succeeded(journal.number, summary, report.outputs(journal.number, journal.digests))
    back = journal.good and journal.good != journal.number
    restored = (
        f"{world.target.environment} is back at release {journal.good}, and healthy."
        if back
        else "There is no earlier release to go back to: its objects are left as they are, for you to look at."
    )
    remedy = f"Next: fix it and push; to look: kubectl -n {world.target.namespace} get events,pods"
    return Failed(report.failure(journal.number, world.target.environment, journal.failure, restored, remedy))
