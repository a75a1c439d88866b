import argparse
import time
from dataclasses import asdict
from typing import Any

from cli.console import Console, megabytes, seconds
from cli.errors import OK, RELEASE_FAILED
from cli.live import Watch, picture
from cli.machine import running_pid
from cli.options import add_output, add_service
from cli.pipelines import (
    RUNNING,
    SUCCEEDED,
    Execution,
    declared_actions,
    newest_release,
    now,
    pipeline_names,
    read_execution,
    retry_command,
)
from cli.services import chosen_service
from cli.world import World

SUMMARY = "What runs: the machine's parts, and each pipeline's stages and actions"


def configure(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    parser.add_argument("--follow", action="store_true", help="watch the newest release until it ends or waits")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    if arguments.follow:
        return follow(world, arguments.service)
    machine = world.machine_status() if world.on_this_machine else None
    reachable = machine is not None or not world.on_this_machine
    executions = read_executions(world, arguments.service) if reachable else {}
    if arguments.output == "json":
        world.console.data({"machine": machine, "pipelines": {name: as_data(e) for name, e in executions.items()}})
        return OK
    if world.on_this_machine:
        show_machine(world, machine)
    for name, found in executions.items():
        world.console.say()
        show_pipeline(world.console, name, found)
    if reachable and not executions:
        world.console.say()
        world.console.say("No pipeline yet: shipline up --service PATH")
    return OK


def follow(world: World, named: str | None) -> int:
    """Exit code 1 when the release fails."""
    client = world.client("codepipeline")
    name = chosen_service(world, named)
    found = newest_release(client, name)
    if not found:
        show_pipeline(world.console, name, found)
        return OK
    declared = declared_actions(client, name)
    watch = Watch(world.console, lambda: read_execution(client, name, found[0].id, declared), world.sleep)
    release = watch.until(lambda execution: execution.approval is not None)
    advise(world.console, name, release, newest_release(client, name)[1:])
    return OK if release.status in (RUNNING, SUCCEEDED) else RELEASE_FAILED


def read_executions(world: World, named: str | None) -> dict[str, list[Execution]]:
    """Pipeline → its newest release, and the ways back that came after it (oldest first)."""
    client = world.client("codepipeline")
    names = [chosen_service(world, named)] if named else pipeline_names(client)
    return {name: newest_release(client, name) for name in names}


def show_machine(world: World, status: dict[str, Any] | None) -> None:
    console = world.console
    if status is None:
        pid = running_pid(world.home)
        what = f"does not answer (pid {pid}): shipline logs machine" if pid else "is not running: shipline up"
        console.say(f"The machine {what}")
        return
    state = console.colour("green", "ready") if status["ready"] else console.colour("yellow", "not ready")
    memory = f"  {megabytes(status['memory'])}" if "memory" in status else ""
    number = f"  pid {status['pid']}" if "pid" in status else ""
    console.say(f"{console.colour('bold', 'The machine')}  {state}{number}{memory}  {world.home.endpoint_url}")
    console.table([part_row(part) for part in status["parts"]], indent="  ")


def part_row(part: dict[str, Any]) -> tuple[str, ...]:
    age = f"for {seconds(time.time() - part['since'])}" if part.get("since") else ""
    took = f"took {seconds(part['took'])}" if part.get("took") else ""
    return part["name"], part["state"], age, took, part.get("detail", "")


def show_pipeline(console: Console, name: str, executions: list[Execution]) -> None:
    if not executions:
        console.say(f"{console.colour('bold', name)}: nothing was released yet: push to its repository")
        return
    release, *ways_back = executions
    for line in picture(console, release, now()):
        console.say(line)
    for back in ways_back:
        stages = ", ".join(sorted({action.stage for action in back.actions if action.started}))
        console.say(f"  {stages or 'a stage'} went back to the previous release by itself: {back.status}")
    advise(console, name, release, ways_back)


def advise(console: Console, name: str, release: Execution, ways_back: list[Execution]) -> None:
    failed = release.failed_action
    if failed is not None:
        console.say(console.colour("red", f"  {failed.stage} / {failed.name}:"))
        for line in failed.error.splitlines():
            console.say(f"    {line}")
        console.say(f"  Push a correction; or try the same commit again: shipline retry {name}, which is")
        console.say(f"  {retry_command(release, ways_back)}")
    elif release.approval is not None:
        for line in release.approval.shows.splitlines():
            console.say(f"    {line}".rstrip())
        console.say(f"  {release.approval.stage} waits: shipline approve {name}   (or: shipline reject {name})")


def as_data(executions: list[Execution]) -> list[dict[str, Any]]:
    at = now()
    return [
        asdict(execution)
        | {
            "retry": retry_command(execution, executions[1:]) if execution.failed_action else None,
            "actions": [asdict(action) | {"seconds": action.seconds(at)} for action in execution.actions],
        }
        for execution in executions
    ]
