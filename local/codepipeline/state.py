"""What is known of a pipeline at one moment: frozen values that only the scheduler makes anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from local.codepipeline.model import ActionType, Pipeline

PipelineStatus = Literal["Cancelled", "InProgress", "Stopped", "Stopping", "Succeeded", "Superseded", "Failed"]
StageStatus = Literal["Cancelled", "InProgress", "Failed", "Stopped", "Stopping", "Succeeded"]
ActionStatus = Literal["InProgress", "Abandoned", "Succeeded", "Failed"]

# The error code of actions that ran when the machine was stopped; they are retried by hand, never by rule.
MACHINE_STOPPED = "MachineStopped"


@dataclass(frozen=True)
class Location:
    bucket: str
    key: str

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Trigger:
    kind: str
    detail: str


@dataclass(frozen=True)
class ErrorDetails:
    code: str
    message: str


@dataclass(frozen=True)
class Revision:
    """What a source action fetched."""

    id: str
    summary: str
    created: float


@dataclass(frozen=True)
class Override:
    """A source revision that the start of an execution asked for."""

    action: str
    kind: str
    value: str


@dataclass(frozen=True)
class ActionRun:
    """One attempt of one action in one execution; its id is the action execution id."""

    id: str
    execution: str
    stage: str
    action: str
    attempt: int
    version: int  # of the pipeline
    type: ActionType
    status: ActionStatus
    started: float
    updated: float
    configuration: Mapping[str, str]
    resolved: Mapping[str, str]
    inputs: Mapping[str, Location]
    outputs: Mapping[str, Location]
    role_arn: str | None
    region: str | None
    namespace: str | None
    deadline: float | None = None
    token: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None
    override: Override | None = None
    input_revisions: Mapping[str, str] = field(default_factory=dict)  # of inputs that a source action made
    external_id: str | None = None
    external_url: str | None = None
    log_stream: str | None = None
    summary: str | None = None
    percent: int | None = None
    updated_by: str | None = None
    error: ErrorDetails | None = None


@dataclass(frozen=True)
class StageRun:
    """One execution's way through one stage; `runs` names the latest attempt of each action."""

    status: StageStatus
    attempt: int
    group: int
    started: float
    ended: float | None = None
    runs: Mapping[str, str] = field(default_factory=dict)
    automatic_retries: int = 0
    manual_retries: int = 0
    last_retry: Literal["AutomatedStageRetry", "ManualStageRetry"] | None = None


@dataclass(frozen=True)
class Execution:
    id: str
    number: int  # grows with every start: who is newer
    version: int
    type: Literal["STANDARD", "ROLLBACK"]
    status: PipelineStatus
    trigger: Trigger
    started: float
    updated: float
    position: int  # of the stage that it is in, or waits in front of
    waiting: bool
    variables: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    artifacts: Mapping[str, Location] = field(default_factory=dict)
    revisions: Mapping[str, Revision] = field(default_factory=dict)  # by source action
    revision_artifacts: Mapping[str, str] = field(default_factory=dict)  # artifact name → source action
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stages: Mapping[str, StageRun] = field(default_factory=dict)
    target: str | None = None  # the execution that a ROLLBACK goes back to
    stop_reason: str | None = None
    stopping: bool = False
    cancelling: bool = False  # the pipeline was changed meanwhile
    summary: str | None = None
    attempt: int = 1

    @property
    def live(self) -> bool:
        return self.status in ("InProgress", "Stopping")


@dataclass(frozen=True)
class StageState:
    """A stage between executions: its lock, who waits, and whether the way in is open."""

    occupant: str | None = None
    inbound: tuple[str, ...] = ()
    latest: str | None = None
    enabled: bool = True
    reason: str | None = None
    changed_by: str | None = None
    changed_at: float | None = None


@dataclass(frozen=True)
class State:
    pipeline: Pipeline
    created: float
    updated: float
    stages: Mapping[str, StageState]
    executions: Mapping[str, Execution] = field(default_factory=dict)
    runs: Mapping[str, ActionRun] = field(default_factory=dict)  # oldest first
    tokens: Mapping[str, str] = field(default_factory=dict)  # clientRequestToken → execution


def empty(pipeline: Pipeline, now: float) -> State:
    return State(pipeline, now, now, {stage.name: StageState() for stage in pipeline.stages})
