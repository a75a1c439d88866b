"""Which release a rollback goes back to. Pure; a rollback is known by the end of its execution's name."""

import re

from cli.errors import CommandError
from deployer.ledger import Entry, History

_BACK = re.compile(r"/rollback-(?P<bad>[0-9]+)-(?P<to>[0-9]+)\Z")


def rollback_of(bad: int, to: int) -> str:
    """The end of the execution's name."""
    return f"rollback-{bad}-{to}"


def chosen(history: History, number: int | None, told: str) -> Entry:
    """CommandError (2) when there is no such release, or it is not one to go back to."""
    good = [entry for entry in history.entries if entry.status == "Succeeded"]
    if number is not None:
        found = history.find(number)
        if found is None or found not in good:
            known = ", ".join(str(entry.number) for entry in good if entry.number != history.current) or "none"
            what = f"release {number} ended as {found.status}" if found else f"there is no release {number}"
            raise CommandError(f"{told}: {what}", f"good ones: {known}; shipline history shows all")
        return found
    earlier = before(history, good)
    if earlier is None:
        raise CommandError(f"{told}: there is no good release before {history.current or 'any'}", "shipline history")
    return earlier


def before(history: History, good: list[Entry]) -> Entry | None:
    """The good release before what runs: what was rolled back from is not good, and a rollback is what it went to."""
    ways = {entry.number: found for entry in history.entries if (found := _BACK.search(entry.execution))}
    bad = {int(way["bad"]) for way in ways.values()}
    runs = history.current
    while runs in ways:
        runs = int(ways[runs]["to"])
    return next((e for e in good if e.number < runs and e.number not in bad and e.number not in ways), None)


def gone_back_to(entry: Entry) -> int:
    """The release that this one is a rollback to; 0 for others."""
    found = _BACK.search(entry.execution)
    return int(found["to"]) if found else 0
