import argparse
from pathlib import Path

from cli.engine.options import add_checks, add_content, add_place
from cli.options import add_output
from cli.world import World

SUMMARY = "Show what `shipline deploy` would change, object by object, with every secret covered"
DETAILS = f"""{SUMMARY}.

Nothing is written to the cluster: objects are tried by server-side dry runs, so what the API server would refuse is
told, too.

  shipline diff --env dev --image web=HOST/shop/web@sha256:…
  shipline diff --name shop --namespace shop-dev -k overlays/dev --exit-code
  shipline diff --env prod --from staging --out plan.json && shipline deploy --plan plan.json

Exit codes: 0 read; with --exit-code 1 when there are differences, as kubectl diff; 2 bad input or out of reach."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)
    add_content(parser)
    add_checks(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the plan for: shipline deploy --plan FILE")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 when there are differences")
    parser.add_argument("--full", action="store_true", help="show new objects with all their fields")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.differing import diff
    from cli.engine.errors import plainly

    with plainly():
        return diff(arguments, world)
