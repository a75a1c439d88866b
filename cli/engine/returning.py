"""`shipline rollback`: which release to go back to, and the hold that keeps the environment there."""

import argparse
import datetime as dt

from cli.engine.carry import Delivery, Work
from cli.engine.choice import chosen, rollback_of
from cli.engine.deploying import carry_out
from cli.engine.place import applied_place
from cli.engine.session import Session, opened
from cli.engine.what import interactive
from cli.errors import CANNOT_RUN, OK
from cli.world import World
from deployer.ledger import MOST_ENTRIES, Held, History


def rollback(arguments: argparse.Namespace, world: World) -> int:
    with opened(world, arguments, applied_place(arguments)) as session:
        history = session.ledger.history(MOST_ENTRIES)
        back = chosen(history, arguments.to, session.place.told)
        told = f"{session.place.told}: back from release {history.current} to {back.number} ({back.commit[:7] or '-'})"
        world_says = world.console.say if arguments.output == "text" else lambda _: None
        world_says(told)
        if interactive(arguments, world.can_ask) and not wanted(world):
            world.console.say("Nothing was changed.")
            return OK
        execution = session.execution(rollback_of(history.current, back.number))
        if not arguments.no_hold:
            hold_at(session, execution, arguments.reason or told.partition(": ")[2])
        delivery = Delivery(again=back.number, verify_all=arguments.verify_all)
        code = carry_out(arguments, world, Work(session, world, delivery), execution)
        if code == CANNOT_RUN and not arguments.no_hold:
            as_before(session, history)  # it never began
        elif not arguments.no_hold:
            world_says(f"{session.place.told} is held: later releases stop there. Let them go on: shipline lift")
        return code


def hold_at(session: Session, execution: str, reason: str) -> None:
    """Before the release itself, so that none that waits for the lock slips in after it."""
    number = session.ledger.number(execution)
    session.ledger.hold(Held(number, session.by, now(), reason))


def as_before(session: Session, history: History) -> None:
    if history.held:
        session.ledger.hold(history.held)
    else:
        session.ledger.lift()


def wanted(world: World) -> bool:
    try:
        return world.ask("Go back? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
