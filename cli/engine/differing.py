"""`shipline diff`: what a release would change, read and never written."""

import argparse

from cli.console import terminal_width
from cli.engine.carry import Work, changes
from cli.engine.place import applied_place
from cli.engine.planfile import write_plan
from cli.engine.session import opened
from cli.engine.what import bundle_of, commit_of, delivery_of
from cli.errors import OK
from cli.world import World
from deployer import diff as differences

DIFFERENT = 1


def diff(arguments: argparse.Namespace, world: World) -> int:
    place = applied_place(arguments)
    bundle = bundle_of(arguments, place)
    commit = commit_of(arguments)
    with opened(world, arguments, place) as session:
        delivery = delivery_of(arguments, session, bundle, commit)
        work = Work(session, world, delivery)
        planned = work.planned()
        found = differences.of_plan(planned, work.redactor)
        if arguments.output == "json":
            world.console.data(differences.document(found, full=arguments.full) | {"digest": planned.digest})
        else:
            world.console.say(differences.text(found, terminal_width() - 1, full=arguments.full).rstrip())
        if arguments.out:
            write_plan(arguments.out, arguments, session, delivery.document(), planned.document())
            if arguments.output == "text":
                world.console.say(f"\nKept in {arguments.out}: shipline deploy --plan {arguments.out}")
    return DIFFERENT if arguments.exit_code and changes(planned) else OK
