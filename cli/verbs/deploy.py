import argparse
from pathlib import Path

from cli.engine.options import add_checks, add_content, add_place, add_work
from cli.options import add_output
from cli.world import World

SUMMARY = "Deliver from here as the pipeline's deployer does: numbered, watched, taken back when it fails"
DETAILS = f"""{SUMMARY}.

Without -f, -k or --chart: what pipeline.yaml delivers to the environment, with the images that run there unless
others are given. On a terminal the plan is shown first, and you are asked; in a pipe it is not. There is no
--no-wait: a release that nobody saw healthy is not one to go back to.

  shipline deploy --env dev --image web=HOST/shop/web@sha256:…
  shipline deploy --env prod --from staging
  shipline deploy --name shop --namespace shop-dev -f manifests/
  shipline deploy --plan plan.json            (written by: shipline diff --out plan.json)

Ctrl-C lets what is on its way end, and leaves the rest to the next run.
Exit codes: 0 delivered, 1 the release failed, 2 bad input or out of reach, 130 interrupted."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_place(parser)
    add_content(parser)
    add_checks(parser)
    add_work(parser)
    parser.add_argument("--plan", type=Path, metavar="FILE", help="carry out exactly this plan, or say what moved")
    parser.add_argument("--lift", action="store_true", help="on purpose: also where the environment is held")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.engine.deploying import deploy
    from cli.engine.errors import plainly

    with plainly():
        return deploy(arguments, world)
