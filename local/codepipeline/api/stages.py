"""GetPipelineState, transitions, RetryStageExecution, RollbackStage."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.api.pages import present
from local.codepipeline.conditions import passed_by
from local.codepipeline.engine import Engine
from local.codepipeline.messages import Retry, Rollback, SetTransition
from local.codepipeline.model import Action, Stage
from local.codepipeline.state import ActionRun, Execution, StageRun, State
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


def handlers(engine: Engine) -> Mapping[str, Handler]:
    def get_state(call: Call) -> Document:
        state = engine.state(call.input["name"])
        latest = _latest_runs(state)
        return {
            "pipelineName": state.pipeline.name,
            "pipelineVersion": state.pipeline.version,
            "stageStates": [_stage(state, stage, latest) for stage in state.pipeline.stages],
            "created": state.created,
            "updated": state.updated,
        }

    def enable(call: Call) -> None:
        _set_transition(engine, call, enabled=True)

    def disable(call: Call) -> None:
        _set_transition(engine, call, enabled=False)

    def retry(call: Call) -> Document:
        name, stage = call.input["pipelineName"], call.input["stageName"]
        execution = call.input["pipelineExecutionId"]
        engine.tell(name, Retry(execution, stage, call.input["retryMode"]))
        return {"pipelineExecutionId": execution}

    def rollback(call: Call) -> Document:
        name, stage = call.input["pipelineName"], call.input["stageName"]
        target = call.input["targetPipelineExecutionId"]
        event = Rollback(engine.world.new_id(), stage, target, call.caller.arn)
        engine.tell(name, event)
        return {"pipelineExecutionId": event.execution}

    return {
        "GetPipelineState": get_state,
        "EnableStageTransition": enable,
        "DisableStageTransition": disable,
        "RetryStageExecution": retry,
        "RollbackStage": rollback,
    }


def _set_transition(engine: Engine, call: Call, *, enabled: bool) -> None:
    """Outbound of a stage is the way into the next."""
    state = engine.state(call.input["pipelineName"])
    position = _known_stage(state, call.input["stageName"])
    if call.input["transitionType"] == "Outbound":
        position += 1
    if position == len(state.pipeline.stages):
        raise Fault("ValidationException", f"The last stage {call.input['stageName']} has no outbound transition")
    stage = state.pipeline.stages[position].name
    reason = None if enabled else call.input.get("reason")
    engine.tell(state.pipeline.name, SetTransition(stage, enabled, reason, call.caller.arn))


def _known_stage(state: State, stage: str) -> int:
    names = [each.name for each in state.pipeline.stages]
    if stage not in names:
        raise Fault("StageNotFoundException", f"The pipeline {state.pipeline.name} has no stage {stage}")
    return names.index(stage)


def _latest_runs(state: State) -> dict[tuple[str, str], ActionRun]:
    """Each action's newest attempt, of whichever execution."""
    return {(run.stage, run.action): run for run in state.runs.values()}


def _stage(state: State, stage: Stage, latest: Mapping[tuple[str, str], ActionRun]) -> Document:
    known = state.stages[stage.name]
    waiting = [_brief(state.executions[each], "InProgress") for each in known.inbound]
    execution = state.executions.get(known.latest or "")
    run = execution.stages.get(stage.name) if execution else None
    return present(
        stageName=stage.name,
        inboundExecution=waiting[-1] if waiting else None,
        inboundExecutions=waiting,
        inboundTransitionState=present(
            enabled=known.enabled,
            lastChangedBy=known.changed_by,
            lastChangedAt=known.changed_at,
            disabledReason=known.reason,
        ),
        actionStates=[_action(action, latest.get((stage.name, action.name))) for action in stage.actions],
        latestExecution=_brief(execution, run.status) if execution and run else None,
        **_conditions(stage, run),
        retryStageMetadata=present(
            autoStageRetryAttempt=run.automatic_retries or None,
            manualStageRetryAttempt=run.manual_retries or None,
            latestRetryTrigger=run.last_retry,
        )
        if run and run.last_retry
        else None,
    )


def _conditions(stage: Stage, run: StageRun | None) -> Document:
    """Those that the newest execution has come to: let pass, as by OverrideStageCondition, with the reason."""
    met = {
        "beforeEntry": True,
        "onSuccess": run and run.status == "Succeeded",
        "onFailure": run and run.status == "Failed",
    }
    found = {}
    for condition in stage.conditions:
        rules = [{"ruleName": rule.name} for rule in condition.rules]
        state: Document = {"conditionStates": [{"ruleStates": rules}]}
        if run and met[condition.when]:
            told = {"status": "Overridden", "summary": passed_by(condition)}
            state = {"latestExecution": told, "conditionStates": [{"latestExecution": told, "ruleStates": rules}]}
        found[f"{condition.when}ConditionState"] = state
    return found


def _brief(execution: Execution, status: str) -> Document:
    return {"pipelineExecutionId": execution.id, "status": status, "type": execution.type}


def _action(action: Action, run: ActionRun | None) -> Document:
    if run is None:
        return {"actionName": action.name}
    return present(
        actionName=action.name,
        currentRevision={
            "revisionId": run.revision.id,
            "revisionChangeId": run.revision.id,
            "created": run.revision.created,
        }
        if run.revision
        else None,
        latestExecution=present(
            actionExecutionId=run.id,
            status=run.status,
            summary=run.summary,
            lastStatusChange=run.updated,
            # A token that was used is of no use to anybody.
            token=run.token if run.status == "InProgress" else None,
            lastUpdatedBy=run.updated_by,
            externalExecutionId=run.external_id,
            externalExecutionUrl=run.external_url,
            percentComplete=run.percent,
            errorDetails={"code": run.error.code, "message": run.error.message} if run.error else None,
            logStreamARN=run.log_stream,
        ),
    )
