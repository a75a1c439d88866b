"""(state, event) → (state, effects): all that a pipeline decides, with the clock and the ids handed in.

    Start, Retry, Rollback     an execution enters, or comes back to, a stage
    Progress, Succeeded,       what a provider reports of one attempt; of any other attempt it is stale
      Failed, Decide           and changes nothing
    Stop, SetTransition,       what people ask for
      Replace
    Tick, Restarted            time, and the machine's own end

A request that CodePipeline refuses raises Fault with its error code, and nothing has changed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.codepipeline import deadlines
from local.codepipeline.draft import Draft, NewId
from local.codepipeline.messages import (
    Decide,
    Effect,
    Event,
    Failed,
    Progress,
    Ref,
    Replace,
    Restarted,
    Retry,
    Rollback,
    SetTransition,
    Start,
    Stop,
    Succeeded,
    Tick,
)
from local.codepipeline.state import (
    MACHINE_STOPPED,
    ActionRun,
    ErrorDetails,
    Execution,
    StageState,
    State,
    Trigger,
)
from local.wire import Fault

MAX_CONCURRENT = 50  # executions at once, in QUEUED mode


def step(state: State, event: Event, now: float, new_id: NewId, region: str) -> tuple[State, tuple[Effect, ...]]:
    draft = Draft(state, now, new_id, region)
    _HANDLERS[type(event)](draft, event)
    return draft.result()


def _start(draft: Draft, event: Start) -> None:
    live = sum(each.live for each in draft.executions.values())
    if draft.pipeline.mode == "QUEUED" and live >= MAX_CONCURRENT:
        raise Fault(
            "ConcurrentPipelineExecutionsLimitExceededException",
            f"The pipeline {draft.pipeline.name} has {live} executions in progress, which is the most it may have",
        )
    variables = {
        variable.name: event.variables.get(variable.name, variable.default) for variable in draft.pipeline.variables
    }
    if event.request_token:
        draft.tokens[event.request_token] = event.execution
    draft.executions[event.execution] = Execution(
        id=event.execution,
        number=draft.next_number(),
        version=draft.pipeline.version,
        type="STANDARD",
        status="InProgress",
        trigger=event.trigger,
        started=draft.now,
        updated=draft.now,
        position=0,
        waiting=True,
        variables={name: value for name, value in variables.items() if value is not None},
        overrides=event.overrides,
    )
    draft.announce("Pipeline", "STARTED", event.execution)
    missing = [name for name, value in variables.items() if value is None]
    if missing:
        draft.close(event.execution, "Failed", f"The pipeline variable {missing[0]} has no value and no default")
    else:
        draft.arrive(event.execution, 0)


def _running(draft: Draft, ref: Ref) -> ActionRun | None:
    """The attempt that a report speaks of; None when it is over, or was never there."""
    run = draft.runs.get(ref.run)
    current = run and run.status == "InProgress" and (run.execution, run.attempt) == (ref.execution, ref.attempt)
    return run if current else None


def _progress(draft: Draft, event: Progress) -> None:
    run = _running(draft, event.ref)
    if run is None:
        return
    told = {
        name: value
        for name in ("external_id", "external_url", "log_stream", "summary", "percent")
        if (value := getattr(event, name)) is not None
    }
    if event.deadline is not None:
        told["deadline"] = min(event.deadline, run.started + deadlines.LONGEST_INVOKE)
    draft.run(run.id, **told)


def _succeeded(draft: Draft, event: Succeeded) -> None:
    run = _running(draft, event.ref)
    if run is None:
        return
    draft.run(
        run.id,
        status="Succeeded",
        variables=event.variables,
        revision=event.revision,
        summary=event.summary or run.summary,
        external_id=event.external_id or run.external_id,
        updated_by=event.updated_by,
    )
    about = draft.executions[run.execution]
    made: dict[str, Any] = {"artifacts": {**about.artifacts, **run.outputs}}
    if run.namespace:
        made["namespaces"] = {**about.namespaces, run.namespace: event.variables}
    if event.revision:
        made["revisions"] = {**about.revisions, run.action: event.revision}
        made["revision_artifacts"] = {**about.revision_artifacts, **dict.fromkeys(run.outputs, run.action)}
    draft.execution(run.execution, **made)
    draft.announce("Action", "SUCCEEDED", run.execution, run.stage, run.id)
    draft.settle(run.execution, run.stage)


def _failed(draft: Draft, event: Failed) -> None:
    run = _running(draft, event.ref)
    if run is None:
        return
    _fail_run(draft, run, event)
    draft.settle(run.execution, run.stage)


def _fail_run(draft: Draft, run: ActionRun, event: Failed) -> None:
    draft.run(
        run.id,
        status="Failed",
        error=event.error,
        summary=event.summary or run.summary,
        external_id=event.external_id or run.external_id,
        updated_by=event.updated_by,
    )
    draft.announce("Action", "FAILED", run.execution, run.stage, run.id)


def _decide(draft: Draft, event: Decide) -> None:
    runs = [run for run in draft.runs.values() if (run.stage, run.action) == (event.stage, event.action)]
    run = next((run for run in runs if run.token == event.token), None)
    if run is None:
        raise Fault(
            "InvalidApprovalTokenException",
            f"The approval token is not that of the pending approval {event.action}: get-pipeline-state shows it",
        )
    if run.status != "InProgress":
        raise Fault("ApprovalAlreadyCompletedException", f"The approval {event.action} has already been answered")
    ref = Ref(run.execution, run.id, run.attempt)
    if event.approved:
        _succeeded(draft, Succeeded(ref, summary=event.summary or None, updated_by=event.by))
    else:
        _failed(draft, Failed(ref, None, summary=event.summary or None, updated_by=event.by))


def _stop(draft: Draft, event: Stop) -> None:
    about = _known_execution(draft, event.execution)
    if not about.live:
        raise Fault(
            "PipelineExecutionNotStoppableException",
            f"The execution {about.id} is {about.status}: only a running one can be stopped",
        )
    if about.stopping and not event.abandon:
        raise Fault("DuplicatedStopRequestException", f"The execution {about.id} is already being stopped")
    draft.execution(about.id, stop_reason=event.reason)
    stage = draft.pipeline.stages[about.position].name if not about.cancelling else _stage_of(draft, about.id)
    if about.waiting:
        inbound = tuple(each for each in draft.stages[stage].inbound if each != about.id)
        draft.stage_state(stage, inbound=inbound)
        draft.close(about.id, "Stopped")
        return
    draft.execution(about.id, status="Stopping", stopping=True)
    draft.announce("Pipeline", "STOPPING", about.id)
    draft.stage_run(about.id, stage, status="Stopping")
    draft.announce("Stage", "STOPPING", about.id, stage)
    if event.abandon:
        for run in draft.current_runs(about.id, stage):
            if run.status == "InProgress":
                draft.abandon(run)
    draft.settle(about.id, stage)


def _stage_of(draft: Draft, execution: str) -> str:
    """The stage whose actions run; by name, because a changed pipeline may have moved it."""
    stages = draft.executions[execution].stages
    return next(name for name, run in stages.items() if run.ended is None)


def _known_execution(draft: Draft, execution: str) -> Execution:
    about = draft.executions.get(execution)
    if about is None:
        # Neither StopPipelineExecution nor RetryStageExecution has a modelled error for an unknown execution.
        raise Fault("ValidationException", f"The pipeline {draft.pipeline.name} has no execution {execution}")
    return about


def _known_stage(draft: Draft, stage: str) -> StageState:
    state = draft.stages.get(stage)
    if state is None:
        raise Fault("StageNotFoundException", f"The pipeline {draft.pipeline.name} has no stage {stage}")
    return state


def _retry(draft: Draft, event: Retry) -> None:
    state = _known_stage(draft, event.stage)
    about = _known_execution(draft, event.execution)
    stage_run = about.stages.get(event.stage)
    if stage_run is None or about.version != draft.pipeline.version:
        why = "was made with another version of the pipeline" if stage_run else "never entered it"
        raise Fault(
            "StageNotRetryableException", f"The stage {event.stage} cannot be retried: the execution {about.id} {why}"
        )
    if state.latest != about.id or state.occupant not in (None, about.id):
        raise Fault(
            "NotLatestPipelineExecutionException",
            f"The stage {event.stage} was entered by the newer execution {state.latest}: only that can be retried",
        )
    if not _retryable(draft, event):
        raise Fault(
            "StageNotRetryableException",
            f"The stage {event.stage} is {stage_run.status}: only a failed or stopped stage can be retried",
        )
    draft.retry(about.id, event.stage, event.mode, automatic=False)


def _retryable(draft: Draft, event: Retry) -> bool:
    """A stage that failed or was stopped; or, for the failed actions alone, one whose other actions still run."""
    stage_run = draft.executions[event.execution].stages[event.stage]
    if stage_run.status == "InProgress" and event.mode == "FAILED_ACTIONS":
        return any(run.status == "Failed" for run in draft.current_runs(event.execution, event.stage))
    return stage_run.status in ("Failed", "Stopped")


def _rollback(draft: Draft, event: Rollback) -> None:
    occupant = _known_stage(draft, event.stage).occupant
    target = draft.executions.get(event.target)
    if target is None:
        raise Fault(
            "PipelineExecutionNotFoundException",
            f"The pipeline {draft.pipeline.name} has no execution {event.target}",
        )
    if target.version != draft.pipeline.version:
        raise Fault(
            "PipelineExecutionOutdatedException",
            f"The execution {target.id} was made with another version of the pipeline and cannot be gone back to",
        )
    refused = None
    if draft.pipeline.position(event.stage) == 0:
        refused = "it is the source stage"
    elif target.type == "ROLLBACK":
        refused = f"the execution {target.id} is itself a rollback"
    elif (run := target.stages.get(event.stage)) is None or run.status != "Succeeded":
        refused = f"the execution {target.id} did not succeed in it"
    elif occupant is not None:
        refused = f"the execution {occupant} runs in it"
    if refused:
        raise Fault("UnableToRollbackStageException", f"The stage {event.stage} cannot be rolled back: {refused}")
    draft.roll_back(event.execution, event.stage, target.id, Trigger("ManualRollback", event.by))


def _set_transition(draft: Draft, event: SetTransition) -> None:
    _known_stage(draft, event.stage)
    draft.stage_state(
        event.stage,
        enabled=event.enabled,
        reason=event.reason,
        changed_by=event.by,
        changed_at=draft.now,
    )
    draft.admit(event.stage)


def _replace(draft: Draft, event: Replace) -> None:
    """A new version: who waits is cancelled at once, who runs when its actions are done."""
    for state in draft.stages.values():
        for waiting in state.inbound:
            draft.close(waiting, "Cancelled")
    running = [each.id for each in draft.executions.values() if each.live]
    for execution in running:
        draft.execution(execution, cancelling=True)
    kept = {name: replace(state, inbound=()) for name, state in draft.stages.items()}
    draft.pipeline = event.pipeline
    draft.updated = draft.now
    draft.stages = {stage.name: kept.get(stage.name, StageState()) for stage in event.pipeline.stages}
    for execution in running:
        draft.settle(execution, _stage_of(draft, execution))


def _tick(draft: Draft, _: Tick) -> None:
    for run in list(draft.runs.values()):
        if run.status == "InProgress" and run.deadline is not None and run.deadline <= draft.now:
            _failed(draft, Failed(Ref(run.execution, run.id, run.attempt), deadlines.overdue(run)))


def _restarted(draft: Draft, _: Restarted) -> None:
    touched = []
    for run in list(draft.runs.values()):
        if run.status == "InProgress" and run.type.provider != "Manual":
            retry = (
                f"aws codepipeline retry-stage-execution --pipeline-name {draft.pipeline.name} "
                f"--stage-name {run.stage} --pipeline-execution-id {run.execution} --retry-mode FAILED_ACTIONS"
            )
            error = ErrorDetails(MACHINE_STOPPED, f"the machine was stopped while this ran; retry the stage: {retry}")
            _fail_run(draft, run, Failed(Ref(run.execution, run.id, run.attempt), error))
            touched.append((run.execution, run.stage))
    for execution, stage in dict.fromkeys(touched):
        draft.settle(execution, stage)


_HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    Start: _start,
    Progress: _progress,
    Succeeded: _succeeded,
    Failed: _failed,
    Decide: _decide,
    Stop: _stop,
    Retry: _retry,
    Rollback: _rollback,
    SetTransition: _set_transition,
    Replace: _replace,
    Tick: _tick,
    Restarted: _restarted,
}
