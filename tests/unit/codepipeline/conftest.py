"""A pipeline to schedule, and a world without clocks, threads or services to schedule it in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.codepipeline import scheduler
from local.codepipeline.declaration import parse
from local.codepipeline.messages import (
    Announce,
    Begin,
    Decide,
    Effect,
    Event,
    Failed,
    Ref,
    Start,
    Succeeded,
)
from local.codepipeline.state import ActionRun, ErrorDetails, State, Trigger, empty

REGION = "us-east-1"


def action(name: str, kind: str, **more: Any) -> dict[str, Any]:
    """An action declaration; `kind` is Category/Provider."""
    category, _, provider = kind.partition("/")
    required = {
        "CodeCommit": {"RepositoryName": "shop", "BranchName": "main"},
        "CodeBuild": {"ProjectName": "shop-build"},
        "Lambda": {"FunctionName": "shop-deploy"},
    }
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": required.get(provider, {}) | more.pop("configuration", {}),
        "inputArtifacts": [{"name": each} for each in more.pop("inputs", [])],
        "outputArtifacts": [{"name": each} for each in more.pop("outputs", [])],
        **more,
    }


def declared(**more: Any) -> dict[str, Any]:
    """Source → Build → dev (Deploy, then Verify; back on failure) → approval → prod."""
    back = {"onFailure": {"result": "ROLLBACK"}}
    return {
        "name": "shop",
        "roleArn": "arn:aws:iam::123456789012:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "pipelineType": "V2",
        "stages": [
            {
                "name": "Source",
                "actions": [action("Source", "Source/CodeCommit", outputs=["Source"], namespace="Source")],
            },
            {
                "name": "Build",
                "actions": [
                    action("Build", "Build/CodeBuild", inputs=["Source"], outputs=["Release"], namespace="Build")
                ],
            },
            {
                "name": "dev",
                "actions": [
                    action(
                        "Deploy",
                        "Invoke/Lambda",
                        inputs=["Release"],
                        namespace="dev",
                        configuration={"UserParameters": "#{codepipeline.PipelineExecutionId} #{Source.CommitId}"},
                    ),
                    action("Verify", "Test/CodeBuild", inputs=["Release"], runOrder=2),
                ],
                **back,
            },
            {"name": "approval", "actions": [action("Approve", "Approval/Manual")]},
            {"name": "prod", "actions": [action("Deploy", "Invoke/Lambda", inputs=["Release"])], **back},
        ],
        **more,
    }


@dataclass
class Play:
    """A state, driven event by event; what is to begin is kept for the test to end."""

    state: State
    now: float = 1000.0
    ids: int = 0
    begun: list[ActionRun] = field(default_factory=list)
    announced: list[Announce] = field(default_factory=list)

    def new_id(self) -> str:
        self.ids += 1
        return f"00000000-0000-4000-8000-{self.ids:012x}"

    def tell(self, event: Event) -> tuple[Effect, ...]:
        self.now += 1
        self.state, effects = scheduler.step(self.state, event, self.now, self.new_id, REGION)
        for effect in effects:
            if isinstance(effect, Begin):
                self.begun.append(effect.run)
            elif isinstance(effect, Announce):
                self.announced.append(effect)
        return effects

    def start(self, **more: Any) -> str:
        execution = self.new_id()
        self.tell(Start(execution, Trigger("StartPipelineExecution", "a person"), **more))
        return execution

    def running(self, execution: str | None = None) -> list[ActionRun]:
        return [
            run for run in self.state.runs.values() if run.status == "InProgress" and execution in (None, run.execution)
        ]

    def run(self, execution: str) -> ActionRun:
        (run,) = self.running(execution)
        return run

    def succeed(self, execution: str, **variables: str) -> None:
        """The one action that runs in the execution ends well; an approval is given."""
        run = self.run(execution)
        if run.type.provider == "Manual":
            self.tell(Decide(run.stage, run.action, run.token or "", True, "fine", "a person"))
        else:
            self.tell(Succeeded(ref(run), variables))

    def fail(self, execution: str, message: str = "broken") -> None:
        self.tell(Failed(ref(self.run(execution)), ErrorDetails("JobFailed", message)))

    def advance(self, execution: str, until: str) -> None:
        """Everything ends well until the execution runs in the stage."""
        while not (self.running(execution) and self.run(execution).stage == until):
            self.succeed(execution, CommitId="c0ffee")

    def finish(self, execution: str) -> None:
        while self.running(execution):
            self.succeed(execution, CommitId="c0ffee")

    def status(self, execution: str) -> str:
        return self.state.executions[execution].status

    def stage(self, execution: str, stage: str) -> str:
        return self.state.executions[execution].stages[stage].status

    def latest(self, stage: str) -> str | None:
        return self.state.stages[stage].latest


def ref(run: ActionRun) -> Ref:
    return Ref(run.execution, run.id, run.attempt)


@pytest.fixture(scope="session")
def declaration() -> Any:
    return declared


@pytest.fixture(scope="session")
def make_action() -> Any:
    return action


@pytest.fixture
def play() -> Play:
    return Play(empty(parse(declared(), 1), 0.0))


@pytest.fixture(scope="session")
def play_of() -> Any:
    def make(document: dict[str, Any]) -> Play:
        return Play(empty(parse(document, 1), 0.0))

    return make


@pytest.fixture(scope="session")
def names() -> Any:
    def listed(runs: Iterable[ActionRun]) -> list[tuple[str, str]]:
        return [(run.stage, run.action) for run in runs]

    return listed
