"""StartPipelineExecution, StopPipelineExecution, GetPipelineExecution, ListPipelineExecutions."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from local.codepipeline.api.pages import page, present
from local.codepipeline.engine import Engine
from local.codepipeline.messages import Start, Stop
from local.codepipeline.state import Execution, Override, State, Trigger
from local.wire import Call, Fault, Handler

Document = dict[str, Any]

# EventBridge says which rule calls; AWS services name the resource that they act for in this header.
RULE_HEADER = "X-Amz-Source-Arn"


def handlers(engine: Engine) -> Mapping[str, Handler]:
    def start(call: Call) -> Document:
        state = engine.state(call.input["name"])
        token = call.input.get("clientRequestToken")
        if token and token in state.tokens:
            return {"pipelineExecutionId": state.tokens[token]}
        variables = call.input.get("variables", [])
        repeated = [name for name, times in Counter(each["name"] for each in variables).items() if times > 1]
        if repeated:
            raise Fault("ValidationException", f"The pipeline variable {repeated[0]} is given more than once")
        event = Start(
            engine.world.new_id(),
            _trigger(call),
            {each["name"]: each["value"] for each in variables},
            _overrides(state, call.input.get("sourceRevisions", [])),
            token,
        )
        engine.tell(state.pipeline.name, event)
        return {"pipelineExecutionId": event.execution}

    def stop(call: Call) -> Document:
        execution = call.input["pipelineExecutionId"]
        event = Stop(execution, call.input.get("abandon", False), call.input.get("reason"))
        engine.tell(call.input["pipelineName"], event)
        return {"pipelineExecutionId": execution}

    def get(call: Call) -> Document:
        state = engine.state(call.input["pipelineName"])
        return {"pipelineExecution": _full(state, find(state, call.input["pipelineExecutionId"]))}

    def list_all(call: Call) -> Document:
        state = engine.state(call.input["pipelineName"])
        wanted = call.input.get("filter", {}).get("succeededInStage", {}).get("stageName")
        executions = sorted(state.executions.values(), key=lambda each: -each.number)
        if wanted:
            executions = [each for each in executions if _succeeded_in(each, wanted)]
        return page(executions, "pipelineExecutionSummaries", call.input, _summary)

    return {
        "StartPipelineExecution": start,
        "StopPipelineExecution": stop,
        "GetPipelineExecution": get,
        "ListPipelineExecutions": list_all,
    }


def find(state: State, execution: str) -> Execution:
    found = state.executions.get(execution)
    if found is None:
        raise Fault(
            "PipelineExecutionNotFoundException",
            f"The pipeline {state.pipeline.name} has no execution {execution}",
        )
    return found


def _trigger(call: Call) -> Trigger:
    rule = call.headers.get(RULE_HEADER, "")
    if rule.startswith("arn:aws:events:"):
        return Trigger("CloudWatchEvent", rule)
    return Trigger("StartPipelineExecution", call.caller.arn)


def _overrides(state: State, revisions: list[Document]) -> tuple[Override, ...]:
    sources = {action.name for action in state.pipeline.stages[0].actions}
    for each in revisions:
        if each["actionName"] not in sources:
            raise Fault("ValidationException", f"The pipeline has no source action {each['actionName']}")
        if each["revisionType"] != "COMMIT_ID":
            raise Fault(
                "ValidationException", f"The revision type {each['revisionType']} is not available on this machine"
            )
    return tuple(Override(each["actionName"], each["revisionType"], each["revisionValue"]) for each in revisions)


def _succeeded_in(execution: Execution, stage: str) -> bool:
    return stage in execution.stages and execution.stages[stage].status == "Succeeded"


def _common(execution: Execution) -> Document:
    return present(
        pipelineExecutionId=execution.id,
        status=execution.status,
        statusSummary=execution.summary,
        trigger={"triggerType": execution.trigger.kind, "triggerDetail": execution.trigger.detail},
        executionType=execution.type,
        rollbackMetadata={"rollbackTargetPipelineExecutionId": execution.target} if execution.target else None,
    )


def _summary(execution: Execution) -> Document:
    return _common(execution) | present(
        startTime=execution.started,
        lastUpdateTime=execution.updated,
        sourceRevisions=[
            present(actionName=action, revisionId=revision.id, revisionSummary=revision.summary[:2048] or None)
            for action, revision in execution.revisions.items()
        ],
        stopTrigger={"reason": execution.stop_reason} if execution.stop_reason else None,
    )


def _full(state: State, execution: Execution) -> Document:
    return _common(execution) | present(
        pipelineName=state.pipeline.name,
        pipelineVersion=execution.version,
        executionMode=state.pipeline.mode,
        artifactRevisions=[
            present(
                name=artifact,
                revisionId=execution.revisions[action].id,
                revisionSummary=execution.revisions[action].summary[:2048] or None,
                created=execution.revisions[action].created,
            )
            for artifact, action in execution.revision_artifacts.items()
        ],
        variables=[{"name": name, "resolvedValue": value} for name, value in execution.variables.items()],
    )
