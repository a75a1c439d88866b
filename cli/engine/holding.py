"""`shipline hold` and `shipline lift`."""

import argparse

from cli.engine.place import find_whole
from cli.engine.returning import now
from cli.engine.session import recorded
from cli.errors import OK
from cli.world import World
from deployer.ledger import Held


def hold(arguments: argparse.Namespace, world: World) -> int:
    with recorded(world, arguments, find_whole(arguments)) as session:
        session.ledger.hold(Held(0, session.by, now(), arguments.reason))
        world.console.say(f"{session.place.told} is held: later releases stop there. Let them go on: shipline lift")
    return OK


def lift(arguments: argparse.Namespace, world: World) -> int:
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
