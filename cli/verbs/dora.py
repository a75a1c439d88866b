import argparse
import datetime as dt
import re
from dataclasses import asdict

from cli.console import seconds
from cli.dora import DEFINITIONS, Measures, measure
from cli.errors import OK, CommandError
from cli.ledger import read_whole
from cli.options import add_output
from cli.services import chosen_service
from cli.verbs.releases import environments_of
from cli.world import World

SUMMARY = "How often, how fast and how safely releases reach an environment: DORA's five measures"
DETAILS = f"""{SUMMARY},
from the pipeline's ledger.

{chr(10).join(f"  {name:<22} {meaning}" for name, meaning in DEFINITIONS.items())}

  shipline dora
  shipline dora staging --since 12w --output json"""
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    parser.add_argument("environment", nargs="?", help="which one (default: the last)")
    parser.add_argument("--since", metavar="TIME", type=span, default="30d", help="24h, 30d or 12w back (default: 30d)")
    parser.add_argument("--name", metavar="NAME", help="the service (default: ./pipeline.yaml's, or the only pipeline)")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    service = chosen_service(world, arguments.name)
    environment = chosen_environment(environments_of(world, service), arguments.environment)
    now = dt.datetime.now(dt.UTC)
    found = measure(read_whole(world.client("dynamodb"), service, environment), now - arguments.since, now)
    if arguments.output == "json":
        days = arguments.since / dt.timedelta(days=1)
        told = {"service": service, "environment": environment, "days": days}
        world.console.data(told | {"measures": asdict(found) if found else None})
        return OK
    period = f"the last {spelled(arguments.since)}"
    if found is None:
        world.console.say(f"{service}, {environment}: no releases in {period}")
        return OK
    world.console.say(f"{service}, {environment}, {period}")
    world.console.table(rows(found), indent="  ")
    return OK


def chosen_environment(known: list[str], named: str | None) -> str:
    if named is None and known:
        return known[-1]
    if named not in known:
        raise CommandError(
            f"there is no environment {named or 'that is deployed to'}", f"there are: {', '.join(known)}"
        )
    return str(named)


def rows(found: Measures) -> list[tuple[str, ...]]:
    restored = f"median of {found.restored}" if found.restored else ""
    open_ones = f"{found.not_restored} not yet" if found.not_restored else ""
    values = (
        (f"{found.per_week:.1f} a week", f"{found.deployments} deployments"),
        (lasting(found.lead_time), f"median of {found.lead_times}" if found.lead_times else ""),
        (share(found.change_failure_rate), f"{found.failed_changes} of {found.changes}"),
        (lasting(found.time_to_restore), ", ".join(filter(None, (restored, open_ones)))),
        (share(found.rework_rate), f"{found.rework} of {found.deployments}"),
    )
    return [(name, *told) for name, told in zip(DEFINITIONS, values, strict=True)]


def lasting(value: float | None) -> str:
    if value is None:
        return "-"
    days, rest = divmod(int(value), 86400)
    return f"{days} d {rest // 3600} h" if days else seconds(value)


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def span(text: str) -> dt.timedelta:
    match = re.fullmatch(r"([1-9]\d{0,3})([hdw])", text)
    if match is None:
        raise argparse.ArgumentTypeError("write hours, days or weeks: 24h, 30d, 12w")
    return dt.timedelta(**{UNITS[match[2]]: int(match[1])})


def spelled(length: dt.timedelta) -> str:
    hours = int(length.total_seconds()) // 3600
    count, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{count} {unit}{'s' if count > 1 else ''}"
