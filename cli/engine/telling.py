"""`shipline history`: the ledger of an environment, for people and as data."""

import argparse
import datetime as dt

from cli.console import Console, seconds
from cli.engine.choice import gone_back_to
from cli.engine.place import environments
from cli.engine.progress import first_line
from cli.engine.session import Recorded, recorded
from cli.errors import OK
from cli.world import World
from deployer.ledger import Entry, History
from deployer.values import asdict

HEAD = ("NUMBER", "WHEN", "RESULT", "COMMIT", "BY", "IMAGES", "TOOK", "SUMMARY")
WIDEST = 60


def history(arguments: argparse.Namespace, world: World) -> int:
    told = []
    for place in environments(arguments):
        with recorded(world, arguments, place) as session:
            found = session.ledger.history(arguments.limit)
            told.append(as_data(session, found))
            if arguments.output == "text":
                show(world.console, session, found)
    if arguments.output == "json":
        world.console.data(told)
    return OK


def show(console: Console, session: Recorded, found: History) -> None:
    place = session.place
    console.say(console.colour("bold", place.told) + f"  (ledger: {session.ledger.origin})")
    if found.held:
        console.say(console.colour("yellow", f"  {found.held}; let releases go on: shipline lift"))
    if found.entries:
        console.table([HEAD, *(row(entry, found.current) for entry in found.entries)], indent="  ")
    else:
        console.say("  nothing was released yet")


def row(entry: Entry, current: int) -> tuple[str, ...]:
    number = f"{entry.number} *" if entry.number == current else str(entry.number)
    result = f"{entry.status} → {entry.restored}" if entry.restored else entry.status
    took = (seconds(duration(entry)) if duration(entry) else "< 1 s") if entry.finished and entry.started else ""
    images = " ".join(f"{name}@{pinned.rpartition(':')[2][:7]}" for name, pinned in sorted(entry.images.items()))
    said = first_line(entry.summary or entry.message).removeprefix(f"release {entry.number}: ")
    back = gone_back_to(entry)
    told = f"back to {back}: {said}" if back else said
    when = entry.started or entry.finished
    return number, when[:16].replace("T", " "), result, short(entry.commit), by(entry), images, took, told[:WIDEST]


def short(commit: str) -> str:
    return commit[:7] + ("+" if commit.endswith("+") else "")


def by(entry: Entry) -> str:
    """Who ran the command; or the commit's author, for a release of the pipeline."""
    who = entry.execution.partition("/")[0]
    return who if "@" in who else f"pipeline ({entry.author})" if entry.author else "pipeline"


def duration(entry: Entry) -> float:
    began, ended = (dt.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (entry.started, entry.finished))
    return max(0.0, (ended - began).total_seconds())


def as_data(session: Recorded, found: History) -> dict[str, object]:
    place = session.place
    return {
        "service": place.service,
        "environment": place.label,
        "namespace": place.namespace,
        "ledger": session.ledger.origin,
        "current": found.current,
        "held": asdict(found.held) if found.held else None,
        "releases": [
            asdict(entry) | {"current": entry.number == found.current, "back_to": gone_back_to(entry) or None}
            for entry in found.entries
        ],
    }
