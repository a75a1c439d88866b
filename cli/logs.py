"""Where logs are: the components' files below the machine's home, and CloudWatch Logs for builds and functions."""

import time
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from cli.world import World
from local.settings import Home

POLL = 0.5


def component_logs(home: Home, what: str) -> list[Path]:
    """The files of a component; `node` is all but the machine's own. CommandError (2) names those that there are."""
    files = {path.stem: path for path in sorted(home.logs.rglob("*.log"))}
    if what == "node":
        return [path for path in files.values() if path.parent != home.logs] or list(files.values())
    if what not in files:
        known = ", ".join(files) or "none yet: shipline up"
        raise CommandError(f"there is no log of {what}", f"there are: {known}; and: node, build, function NAME")
    return [files[what]]


def last_lines(files: list[Path], count: int) -> list[str]:
    """Of one file its lines; of several each line with the component's name in front."""
    if len(files) == 1:
        return files[0].read_text(errors="replace").splitlines()[-count:]
    each = max(1, count // max(1, len(files)))
    return [f"{path.stem}: {line}" for path in files for line in path.read_text(errors="replace").splitlines()[-each:]]


def follow_files(world: World, files: list[Path]) -> None:
    """Every new line, until interrupted."""
    handles = [(path.stem, path.open(errors="replace")) for path in files]
    for _, handle in handles:
        handle.seek(0, 2)
    while True:
        for name, handle in handles:
            for line in handle:
                world.console.say(line.rstrip() if len(files) == 1 else f"{name}: {line.rstrip()}")
        world.sleep(POLL)


def stream_events(world: World, group: str, count: int, follow: bool) -> None:
    """The newest stream of a CloudWatch log group."""
    client = world.client("logs")
    stream = newest_stream(client, group)
    answer = client.get_log_events(logGroupName=group, logStreamName=stream, limit=count, startFromHead=False)
    say_events(world, answer)
    while follow:
        world.sleep(POLL)
        answer = client.get_log_events(
            logGroupName=group, logStreamName=stream, nextToken=answer["nextForwardToken"], startFromHead=True
        )
        say_events(world, answer)


def newest_stream(client: Any, group: str) -> str:
    try:
        answer = client.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
    except client.exceptions.ResourceNotFoundException:
        raise CommandError(
            f"there is no log group {group}", "it is made by the first run; aws logs describe-log-groups"
        ) from None
    streams = answer["logStreams"]
    if not streams:
        raise CommandError(f"{group} is empty", "nothing has run yet")
    name: str = streams[0]["logStreamName"]
    return name


def say_events(world: World, answer: dict[str, Any]) -> None:
    for event in answer["events"]:
        at = time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000))
        world.console.say(f"{at} {event['message'].rstrip()}")
