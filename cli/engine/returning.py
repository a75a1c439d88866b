"""`shipline rollback`: which release to go back to, and the hold that keeps the environment there."""

import argparse
import datetime as dt
import re

from cli.engine.carry import Delivery, Work
from cli.engine.deploying import carry_out
from cli.engine.place import find_place
from cli.engine.session import Session, opened
from cli.engine.what import interactive
from cli.errors import OK, CommandError
from cli.world import World
from deployer.ledger import MOST_ENTRIES, Entry, Held, History

_BACK = re.compile(r"/rollback-(?P<bad>[0-9]+)-(?P<to>[0-9]+)\Z")  # at the end of such a release's execution


def rollback(arguments: argparse.Namespace, world: World) -> int:
    with opened(world, arguments, find_place(arguments)) as session:
        history = session.ledger.history(MOST_ENTRIES)
        back = chosen(history, arguments.to, session.place.told)
        told = f"{session.place.told}: back from release {history.current} to {back.number} ({back.commit[:7] or '-'})"
        world_says = world.console.say if arguments.output == "text" else lambda _: None
        world_says(told)
        if interactive(arguments, world.can_ask) and not wanted(world):
            world.console.say("Nothing was changed.")
            return OK
        execution = session.execution(f"rollback-{history.current}-{back.number}")
        if not arguments.no_hold:
            hold_at(session, execution, arguments.reason or told.partition(": ")[2])
        code = carry_out(arguments, world, Work(session, world.environ, Delivery(again=back.number)), execution)
        if not arguments.no_hold:
            world_says(f"{session.place.told} is held: later releases stop there. Let them go on: shipline lift")
        return code


def hold_at(session: Session, execution: str, reason: str) -> None:
    """Before the release itself, so that none that waits for the lock slips in after it."""
    number = session.ledger.number(execution)
    session.ledger.hold(Held(number, session.by, now(), reason))


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


def wanted(world: World) -> bool:
    try:
        return world.ask("Go back? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
