"""`shipline hold` and `shipline lift`."""

import argparse
import datetime as dt

from cli.engine.place import find_whole
from cli.engine.returning import now
from cli.engine.session import recorded
from cli.errors import OK, CommandError
from cli.world import World
from deployer.ledger import Excuse, Held


def hold(arguments: argparse.Namespace, world: World) -> int:
    with recorded(world, arguments, find_whole(arguments)) as session:
        session.ledger.hold(Held(0, session.by, now(), arguments.reason))
        world.console.say(f"{session.place.told} is held: later releases stop there. Let them go on: shipline lift")
    return OK


def lift(arguments: argparse.Namespace, world: World) -> int:
    if arguments.freeze:
        return _excuse(arguments, world)
    with recorded(world, arguments, find_whole(arguments)) as session:
        held = session.ledger.held()
        session.ledger.lift()
        if session.ledger.held():
            whole = session.place.environment
            world.console.say(f"{session.place.told} stays held with all of {whole}: shipline lift --env {whole}")
        elif held:
            world.console.say(f"{session.place.told} was {held}. Releases go on.")
        else:
            world.console.say(f"{session.place.told} was not held.")
    return OK


def _excuse(arguments: argparse.Namespace, world: World) -> int:
    """Let releases into a frozen environment, for a while."""
    if not arguments.reason:
        raise CommandError("a freeze is lifted for a reason, which the ledger keeps", 'say why: --reason "…"')
    since = dt.datetime.now(dt.UTC)
    until = since + dt.timedelta(seconds=arguments.length)
    with recorded(world, arguments, find_whole(arguments)) as session:
        begins, ends = (each.isoformat(timespec="seconds") for each in (since, until))
        session.ledger.excuse(Excuse(session.by, begins, ends, arguments.reason))
        world.console.say(f"{session.place.told} takes releases until {until:%Y-%m-%d %H:%M} UTC, freeze or not.")
        world.console.say("One that was stopped goes on: shipline retry")
    return OK
