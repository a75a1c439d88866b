import argparse

from cli.engine.options import add_place
from cli.world import World

SUMMARY = "Stop an environment: later releases end there before they change anything"
DETAILS = f"""{SUMMARY}.

The pipeline's releases, too. `shipline rollback` holds by itself; `shipline lift` lets releases go on.

An environment that has targets is held as a whole, or one target of it.

  shipline hold --env prod --reason "the database is being moved"
  shipline hold --env prod/prod-eu --reason "the cluster is being upgraded" """


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why; whoever is stopped reads it")


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.errors import plainly
    from cli.engine.holding import hold

    with plainly():
        return hold(arguments, world)
