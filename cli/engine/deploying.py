"""`shipline deploy`: place → sources → session → (plan, shown and wanted) → release."""

import argparse
from typing import TYPE_CHECKING

from cli.console import standard_console, terminal_width
from cli.engine.carry import Delivery, Work, announce, changes, tell
from cli.engine.images import Content, of_document
from cli.engine.place import applied_place
from cli.engine.session import Session, opened
from cli.engine.sources import Bundle
from cli.engine.what import bundle_of, commit_of, delivery_of, interactive
from cli.errors import OK, CommandError
from cli.world import World

if TYPE_CHECKING:
    from cli.engine.planfile import PlanFile
from deployer.values import replace


def deploy(arguments: argparse.Namespace, world: World) -> int:
    read = None
    if arguments.plan:
        from cli.engine.planfile import as_planned, read_plan

        read = read_plan(arguments.plan)
        arguments = as_planned(arguments, read)
    place = applied_place(arguments)
    bundle = bundle_of(arguments, place)
    commit = commit_of(arguments)
    with opened(world, arguments, place) as session:
        delivery = as_read(session, bundle, read) if read else delivery_of(arguments, session, bundle, commit)
        work = Work(session, world, delivery)
        if interactive(arguments, world.can_ask) and read is None and not agreed(world, work):
            world.console.say("Nothing was changed.")
            return OK
        return carry_out(arguments, world, work)


def carry_out(arguments: argparse.Namespace, world: World, work: Work, execution: str = "") -> int:
    """The release itself; `--output json` has standard output for itself."""
    session = work.session
    shown = standard_console(to_stderr=True) if arguments.output == "json" else world.console
    if getattr(arguments, "lift", False):
        session.ledger.lift()
    announce(shown, session)
    result = work.carried_out(shown, execution or session.execution())
    if arguments.output == "json":
        world.console.data(result.data(session))
    tell(shown, session, result, f"shipline {arguments.verb}")
    return result.code


def agreed(world: World, work: Work) -> bool:
    """Whether the plan is wanted; from then on no other one is carried out."""
    from deployer import diff  # only where a plan is shown

    planned = work.planned()
    world.console.say(diff.text(diff.of_plan(planned, work.redactor), terminal_width() - 1).rstrip())
    if not changes(planned):
        return True
    work.delivery = replace(work.delivery, plan=planned.digest, read=planned.document())
    try:
        return world.ask(f"Deliver this to {work.session.place.told}? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def as_read(session: Session, bundle: Bundle, read: "PlanFile") -> Delivery:
    """The delivery of a plan that was kept; CommandError (2) when it was made for another cluster."""
    if read.server != session.access.url:
        raise CommandError(
            f"the plan was made for the cluster at {read.server}, and this is {session.access.url}",
            "choose with --kubeconfig, or plan anew: shipline diff",
        )
    content: Content = of_document(read.content)
    document = content.document(session.place.service)
    return Delivery(
        bundle,
        content.repositories,
        lambda: document,
        plan=read.digest,
        read=read.plan,
        verify_all=bool(read.arguments["verify_all"]),
    )
