"""`python -m bench.release`: a change of one service, pushed and seen through, some times over.

Needs a machine that runs, to which `shipline demo` has delivered (SHIPLINE_HOME names it). push → the event's
execution → approval given at once → every action's time, and of builds the time that their commands took.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import Figure, middle, show
from cli.console import columns, standard_console
from cli.demo import sample_repository, started_by_push
from cli.pipelines import Action as Done
from cli.pipelines import (
    Execution,
    answer_approval,
    approval_token,
    declared_actions,
    newest_executions,
    now,
    read_execution,
)
from cli.sample import Repository, push
from cli.world import World

PIPELINE = "shop"
CHANGED = "app/web/web.py"
TIMEOUT = 300.0
COMMAND_PHASES = {"INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"}


@dataclass(frozen=True)
class Action:
    """`commands`: of its seconds, those that the build's own commands took."""

    name: str
    category: str
    seconds: float
    commands: float


@dataclass(frozen=True)
class Release:
    """One push to its end; `total` counts from before `git push` to the end of the last action."""

    total: float
    actions: tuple[Action, ...]
    memory: int  # bytes of the whole machine

    @property
    def build(self) -> float:
        return sum(each.commands for each in self.actions if each.category == "Build")

    @property
    def verification(self) -> float:
        return sum(each.commands for each in self.actions if each.category == "Test")

    @property
    def approval(self) -> float:
        return sum(each.seconds for each in self.actions if each.category == "Approval")

    @property
    def ours(self) -> float:
        return self.total - self.build - self.verification - self.approval


def measure(environ: Mapping[str, str], runs: int) -> list[Release]:
    world = World(environ, standard_console())
    return [one(world, number) for number in range(1, runs + 1)]


def one(world: World, number: int) -> Release:
    client = world.machine_client("codepipeline")
    before = {summary["pipelineExecutionId"] for summary in newest_executions(client, PIPELINE, 100)}
    repository = sample_repository(world)
    change(repository, number)
    url = push_url(world)
    began = time.time()
    push(repository, url)
    execution = finished(client, started_by_push(world, client, PIPELINE, before), world)
    actions = tuple(timed(world, each) for each in execution.actions)
    status = world.machine_status()
    assert status is not None
    print(f"release {number}: {execution.status}", flush=True)
    return Release(ended(execution) - began, actions, status["memory"])


def change(repository: Repository, number: int) -> None:
    """A comment in one service: its image is built anew, the other one is used again."""
    with (repository.folder / CHANGED).open("a") as source:
        source.write(f"# release {number} of the benchmark at {time.time():.3f}\n")
    repository.git("commit", "--quiet", "--all", "--message", f"Change the web service, {number}")


def finished(client: Any, identifier: str, world: World) -> Execution:
    """The release at its end; its approval is given as soon as it waits."""
    declared = declared_actions(client, PIPELINE)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        execution = read_execution(client, PIPELINE, identifier, declared)
        if execution.ended:
            if execution.status != "Succeeded":
                raise SystemExit(f"the release ended as {execution.status}: shipline status {PIPELINE}")
            return execution
        token = execution.approval and approval_token(client, PIPELINE, execution.approval)
        if execution.approval and token:
            answer_approval(client, PIPELINE, execution.approval, token, True, "approved by the benchmark")
        world.sleep(0.1)
    raise SystemExit(f"the release did not end within {TIMEOUT:.0f} s: shipline status {PIPELINE}")


def timed(world: World, action: Done) -> Action:
    took = action.seconds(now()) or 0.0
    commands = sum(command_seconds(world, action)) if action.category in ("Build", "Test") else 0.0
    return Action(f"{action.stage} / {action.name}", action.category, took, commands)


def command_seconds(world: World, action: Done) -> Iterator[float]:
    (build,) = world.machine_client("codebuild").batch_get_builds(ids=[action.link])["builds"]
    for phase in build["phases"]:
        if phase["phaseType"] in COMMAND_PHASES:
            yield (phase["endTime"] - phase["startTime"]).total_seconds()


def ended(execution: Execution) -> float:
    return max(each.updated.timestamp() for each in execution.actions if each.updated)


def push_url(world: World) -> str:
    answer = world.machine_client("codecommit").get_repository(repositoryName=PIPELINE)
    return str(answer["repositoryMetadata"]["cloneUrlHttp"])


def show_actions(releases: list[Release]) -> None:
    """A row per action, a column per release: its seconds, and in brackets those of a build's commands."""
    rows = [("action", *(f"release {number}" for number in range(1, len(releases) + 1)))]
    for row in zip(*(each.actions for each in releases), strict=True):
        rows.append((row[0].name, *(cell(each) for each in row)))
    print("\n".join(line.rstrip() for line in columns([(*row, "") for row in rows])) + "\n")


def cell(action: Action) -> str:
    return f"{action.seconds:.1f}" + (f" ({action.commands:.1f})" if action.commands else "")


def figures(releases: list[Release]) -> list[Figure]:
    """Medians."""

    def of(name: str) -> str:
        return f"{middle(getattr(each, name) for each in releases):.1f} s"

    return [
        Figure("git push to prod, all of it", of("total")),
        Figure("  of which the build's commands", of("build")),
        Figure("  of which the verifications' commands", of("verification")),
        Figure("  of which the approval", of("approval")),
        Figure("git push to prod, less the commands and the approval", of("ours"), "10 s"),
    ]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.release", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how many releases are measured (3)")
    arguments = parser.parse_args(argv)
    releases = measure(os.environ, arguments.runs)
    print()
    show_actions(releases)
    memory = Figure("memory of the whole machine", f"{releases[-1].memory / 1e6:.0f} MB")
    show("Figures", [*figures(releases), memory])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
