import argparse

from cli.engine.options import add_checks, add_place, add_work
from cli.options import add_output
from cli.world import World

SUMMARY = "Go back to the release before, or to an earlier one, and hold the environment there"
DETAILS = f"""{SUMMARY}.

What the earlier release applied is delivered again, from the set that is kept in the cluster, as a new release with a
number of its own. The environment is then held: releases that come later stop there before they change anything,
until `shipline lift`, or until somebody delivers one on purpose (shipline deploy --lift).

An environment that has targets goes back one target at a time, each with its own cluster's context.

  shipline rollback --env prod
  shipline rollback --env prod/prod-eu --context arn:aws:eks:eu-central-1:111122223333:cluster/prod-eu
  shipline rollback --name shop --namespace shop-dev --to 7

Exit codes: 0 it runs, 1 going back failed, 2 bad input or out of reach, 130 interrupted."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)
    parser.add_argument("--to", metavar="N", type=int, help="the release to go back to (default: the good one before)")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; the hold tells it")
    parser.add_argument("--no-hold", action="store_true", help="do not hold the environment: the next release goes on")
    add_checks(parser)
    add_work(parser)
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.errors import plainly
    from cli.engine.returning import rollback

    with plainly():
        return rollback(arguments, world)
