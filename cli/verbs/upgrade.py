import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cli.definition import load_service
from cli.errors import OK, CommandError
from cli.options import add_output
from cli.world import World

if TYPE_CHECKING:
    from cli.upgrading.live import Live
    from pipeline.config.cluster.plan import ClusterPlan

SUMMARY = "Say what the cluster's next Kubernetes version takes, step by step"
DETAILS = f"""{SUMMARY}.

EKS is asked what runs; where it cannot be, pipeline.yaml's word counts. Nothing is changed.

  shipline upgrade --to 1.36
  shipline upgrade path/to/service      from what runs to what pipeline.yaml says

Exit codes: 0 told; 2 bad input."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="the service's folder (default: this one)")
    parser.add_argument("--to", metavar="VERSION", help="the Kubernetes version (default: pipeline.yaml's)")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.upgrading import telling
    from cli.upgrading.plan import make

    service = load_service(arguments.folder)
    cluster = _made_here(service.cluster)
    to = arguments.to or cluster.version
    _refuse_unknown(to)
    live, why = _live(world, cluster, to)
    _refuse_back(live.version, to)
    found = make(service, cluster, live, to)
    if arguments.output == "json":
        world.console.data({**telling.data(found), "asked": not why})
        return OK
    if why:
        world.console.say(f"EKS was not asked ({why}): this is what pipeline.yaml says")
    if not found.steps:
        world.console.say(_nothing(to))
        return OK
    for line in telling.tell(found):
        world.console.say(line)
    return OK


def _made_here(cluster: object) -> "ClusterPlan":
    from pipeline.config.cluster.plan import ClusterPlan

    if not isinstance(cluster, ClusterPlan):
        raise CommandError("the cluster is there already, and not this service's to upgrade", "ask whoever runs it")
    return cluster


def _refuse_unknown(to: str) -> None:
    from pipeline.config.cluster.versions import CALENDAR

    if to not in CALENDAR:
        raise CommandError(f"this toolkit does not know Kubernetes {to}", f"take one of {', '.join(CALENDAR)}")


def _refuse_back(now: str, to: str) -> None:
    from cli.upgrading.plan import minor

    if minor(to) < minor(now):
        remedy = "within 7 days of an upgrade EKS goes back by one minor version: aws eks update-cluster-version"
        raise CommandError(f"the cluster has {now} already, which is newer than {to}", remedy)


def _live(world: World, cluster: "ClusterPlan", to: str) -> "tuple[Live, str]":
    """What runs, or else what is written, and why."""
    from botocore.exceptions import BotoCoreError, ClientError

    from cli.upgrading.live import Live, read, version

    try:
        eks = world.client("eks")
        return read(eks, cluster.name, version(eks, cluster.name), to), ""
    except ClientError as error:
        return Live(cluster.version), error.response["Error"]["Message"]
    except BotoCoreError as error:
        return Live(cluster.version), str(error)


def _nothing(version: str) -> str:
    from pipeline.config.cluster.versions import CALENDAR

    newer = [each for each in CALENDAR if CALENDAR[each].standard > CALENDAR[version].standard]
    until = f"Kubernetes {version} is in standard support until {CALENDAR[version].standard}"
    return f"{until}; newer: {', '.join(newer)} (--to)" if newer else f"{until}, and the newest that is known here"
