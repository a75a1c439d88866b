"""What the scheduler is told (events) and what it asks for (effects)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from local.codepipeline.model import Pipeline, RetryMode
from local.codepipeline.state import ActionRun, ErrorDetails, Override, Revision, Trigger

# ---- events ----


@dataclass(frozen=True)
class Start:
    execution: str
    trigger: Trigger
    variables: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    request_token: str | None = None


@dataclass(frozen=True)
class Ref:
    """Which attempt a report speaks of; a report of any other attempt is stale."""

    execution: str
    run: str
    attempt: int


@dataclass(frozen=True)
class Progress:
    """An action still runs; what is None stays as it was."""

    ref: Ref
    external_id: str | None = None
    external_url: str | None = None
    log_stream: str | None = None
    summary: str | None = None
    percent: int | None = None
    deadline: float | None = None


@dataclass(frozen=True)
class Succeeded:
    ref: Ref
    variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None
    summary: str | None = None
    external_id: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True)
class Failed:
    ref: Ref
    error: ErrorDetails | None
    summary: str | None = None
    external_id: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True)
class Decide:
    """A person's answer to a manual approval."""

    stage: str
    action: str
    token: str
    approved: bool
    summary: str
    by: str


@dataclass(frozen=True)
class Stop:
    execution: str
    abandon: bool
    reason: str | None


@dataclass(frozen=True)
class Retry:
    execution: str
    stage: str
    mode: RetryMode


@dataclass(frozen=True)
class Rollback:
    execution: str  # the new one
    stage: str
    target: str
    by: str


@dataclass(frozen=True)
class SetTransition:
    stage: str
    enabled: bool
    reason: str | None
    by: str


@dataclass(frozen=True)
class Replace:
    pipeline: Pipeline


@dataclass(frozen=True)
class Tick:
    """Time has passed: what is overdue fails."""


@dataclass(frozen=True)
class Restarted:
    """The machine was stopped: nothing that ran still runs, except a person's decision."""


Event = (
    Start
    | Progress
    | Succeeded
    | Failed
    | Decide
    | Stop
    | Retry
    | Rollback
    | SetTransition
    | Replace
    | Tick
    | Restarted
)

# ---- effects ----


@dataclass(frozen=True)
class Begin:
    """Have the provider do the action."""

    run: ActionRun


@dataclass(frozen=True)
class Forget:
    """The action was abandoned: what its provider still reports is of no interest."""

    run: ActionRun


@dataclass(frozen=True)
class Announce:
    """A state change that EventBridge hears of; `run` is there for an action, `stage` for a stage or action."""

    level: Literal["Pipeline", "Stage", "Action"]
    state: str
    execution: str
    stage: str | None = None
    run: str | None = None


Effect = Begin | Forget | Announce
