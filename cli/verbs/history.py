import argparse

from cli.engine.options import add_place
from cli.options import add_output
from cli.world import World

SUMMARY = "What was released to an environment: when, from which commit, by whom, and how it ended"
DETAILS = f"""{SUMMARY}.

Without --env, all environments of pipeline.yaml. It reads the ledger that counts: the pipeline's table, or the one
that is kept in the cluster for services that no pipeline delivers.

  shipline history --env prod
  shipline history --name shop --namespace shop-dev --output json"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)
    parser.add_argument("--limit", metavar="N", type=int, default=10, help="the newest N of each (default: 10)")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.errors import plainly
    from cli.engine.telling import history

    with plainly():
        return history(arguments, world)
