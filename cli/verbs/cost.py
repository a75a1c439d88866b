import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.definition import load_service
from cli.errors import OK
from cli.options import add_output
from cli.world import World

if TYPE_CHECKING:
    from pipeline.cost import Assumptions, Estimate, Line, Prices

SUMMARY = "Say roughly what the cluster and the pipeline cost a month on AWS"
OPTIONS = {  # by assumption: what stands for its value, the default, help
    "releases": ("N", 40, "releases a month"),
    "build_minutes": ("MIN", 5, "minutes that a build takes"),
    "deploy_minutes": ("MIN", 2, "minutes that a deployment, a plan or a verification takes"),
    "images": ("GB", 20, "gigabytes of images in the registry"),
    "traffic": ("GB", 100, "gigabytes a month through NAT gateways or VPC endpoints"),
    "logs": ("GB", 10, "gigabytes of logs a month"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="the service's folder (default: this one)")
    for name, (unit, default, told) in OPTIONS.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=_count, default=default, metavar=unit, help=f"{told} (default: {default})")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from pipeline.cost import Assumptions, estimate, read, tell

    prices, assumed = read(), Assumptions(**{name: getattr(arguments, name) for name in OPTIONS})
    found = estimate(load_service(arguments.folder), prices, assumed)
    if arguments.output == "json":
        world.console.data(_data(found, prices, assumed))
        return OK
    for line in tell(found, prices, assumed):
        world.console.say(line)
    return OK


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(text)


def _data(found: "Estimate", prices: "Prices", assumed: "Assumptions") -> dict[str, Any]:
    return {
        "service": found.service,
        "currency": "USD",
        "region": prices.region,
        "prices_of": prices.day.isoformat(),
        "lines": [_line(line) for line in found.lines],
        "total": round(found.total, 2),
        "unknown": list(found.unknown),
        "more_nodes": _line(found.more_nodes),
        "extended_support": _line(found.extended),
        "assumed": asdict(assumed),
        "not_counted": [*found.not_counted, "data transfer", "tax"],
    }


def _line(line: "Line | None") -> dict[str, Any] | None:
    return None if line is None else {**asdict(line), "sum": line.sum}
