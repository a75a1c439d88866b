"""May a release begin here? Not while a person holds the environment, nor by the numbers of another ledger. Pure but
for asking the ledger.
"""

from deployer.inventory import Journal
from deployer.ledger import Held, Ledger
from deployer.ledger.cluster import ORIGIN


def stops(ledger: Ledger, number: int, journal: Journal, *, waited: bool = True) -> str:
    """Why release `number` ends before it begins; "" when it goes on. What was begun already is not stopped."""
    if journal.ledger not in ("", ledger.origin) and ledger.origin == ORIGIN:
        return other_ledger(journal)
    if journal.number == number:
        return ""
    return stopped_by(ledger.held(numbered=not waited), number)


def stopped_by(held: Held | None, number: int) -> str:
    """What is told of a hold; "" where there is none, or it is for this very release."""
    if held is None or held.number == number:
        return ""
    return f"The environment is {held}. Next: `shipline lift`, then deliver or retry."


def takes_over(ledger: Ledger, journal: Journal) -> int:
    """The last number that a ledger in the cluster gave, where the table counts from now on; else 0."""
    return journal.number if journal.ledger == ORIGIN != ledger.origin else 0


def outrun(journal: Journal, number: int) -> int:
    """The number of what runs, where that is nothing newer than `number` but for its secrets; else 0."""
    return journal.number if 0 < journal.renews <= number < journal.number else 0


def other_ledger(journal: Journal) -> str:
    """That a ledger in the cluster is no substitute for the one that has counted here."""
    return (
        f"The releases of this environment are numbered by {journal.ledger}, which a ledger in the cluster would "
        "contradict. Next: give the command AWS credentials for that table (AWS_PROFILE, or `shipline env`)."
    )
