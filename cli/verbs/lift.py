import argparse

from cli.engine.options import DURATION, add_place, duration
from cli.world import World

SUMMARY = "Let releases into a held or frozen environment again"
DETAILS = f"""{SUMMARY}.

A pipeline's release that was stopped goes on with `shipline retry`; the next one goes through by itself.
A freeze of pipeline.yaml is lifted for a while only, with a reason that the ledger keeps.

  shipline lift --env prod
  shipline lift --env prod --freeze --reason "CVE-2026-1234" --for 2h"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)
    parser.add_argument("--freeze", action="store_true", help="the freeze, not a hold")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for --freeze")
    parser.add_argument(
        "--for", dest="length", metavar="TIME", type=duration, default=4 * 3600.0, help=f"for --freeze (4h): {DURATION}"
    )


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.errors import plainly
    from cli.engine.holding import lift

    with plainly():
        return lift(arguments, world)
