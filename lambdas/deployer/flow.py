"""Deliver a release, or say what delivering it would do: the two ways in. What happens in between is `run`."""

from deployer.budget import Budget
from deployer.ending import answer, held
from deployer.errors import AtWork, DeployError, Superseded, Unavailable
from deployer.inventory import Journal
from deployer.ledger.gate import outrun, stops, takes_over
from deployer.opening import foresee, planner_of
from deployer.outcome import Continue, Failed, Outcome
from deployer.prepare import Planned, prepare
from deployer.run import Run
from deployer.values import replace
from deployer.world import Request, World

__all__ = ["Planned", "deliver", "plan"]


def deliver(world: World, request: Request, budget: Budget) -> Outcome:
    """One invocation. Fenced is raised when another one carries on with the same release."""
    number = request.token.release if request.token else world.ledger.number(request.execution)
    world.log.event("invoked", release=number, environment=world.target.label, continued=bool(request.token))
    try:
        hold = world.inventory.take(
            number, request.holder, request.attempt, budget.over, request.token, idle=request.renew
        )
    except Superseded as superseded:
        journal = world.inventory.read()[0]
        above = takes_over(world.ledger, journal) or (0 if request.renew else outrun(journal, number))
        if above >= number:
            return _renumbered(world, replace(request, token=None), budget, above)
        world.ledger.supersede(number, superseded.reason)
        return Failed(str(superseded))
    except DeployError as error:
        if request.token is None:  # whoever brings a token says himself which release it is about
            world.ledger.close(number, "Failed", str(error))
        raise
    if hold is None:
        return Continue(world.inventory.token(number, "take", 0), "another invocation is at work")
    if isinstance(hold, Journal):
        return answer(world, hold)
    above = takes_over(world.ledger, hold.journal)
    if above == number:
        hold.release()
        return _renumbered(world, request, budget, above)
    try:
        stopped = stops(world.ledger, number, hold.journal, waited=hold.waited)
        outcome = held(world, number, stopped) if stopped else Run(world, request, budget, hold, number).run()
        hold.release()
    finally:
        hold.abandon()
    return outcome


def _renumbered(world: World, request: Request, budget: Budget, above: int) -> Outcome:
    """With a number above those that a ledger in the cluster, or new secrets, have taken meanwhile."""
    world.ledger.number(request.execution, above)
    return deliver(world, request, budget)


def plan(world: World, request: Request) -> Planned:
    """What `deliver` would do, with the live objects and what a dry run made of them; reads, and never writes."""
    journal, _ = world.inventory.read()
    try:
        prepared = prepare(world, request, journal)
    except AtWork as waits:  # nobody is asked to approve what is not known yet
        raise Unavailable(f"{waits.reason}.", subject=waits.subject) from waits
    _, journal = foresee(world, prepared.desired, journal)
    found = planner_of(world).plan(prepared.desired, journal, diff=True, verify_all=request.verify_all)
    return Planned(prepared, found)
