"""ListActionExecutions, and the histories of what this machine does not run: rules and deploy targets."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.api.executions import find
from local.codepipeline.api.pages import page, present
from local.codepipeline.engine import Engine
from local.codepipeline.state import ActionRun, Location, State
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


def handlers(engine: Engine) -> Mapping[str, Handler]:
    def actions(call: Call) -> Document:
        state = engine.state(call.input["pipelineName"])
        runs = sorted(state.runs.values(), key=lambda run: run.started)[::-1]
        runs = [run for run in runs if _wanted(state, run, call.input.get("filter", {}))]
        return page(runs, "actionExecutionDetails", call.input, _detail)

    def rules(call: Call) -> Document:
        """Always empty: a declaration with conditions is refused."""
        engine.state(call.input["pipelineName"])
        return {"ruleExecutionDetails": []}

    def targets(call: Call) -> Document:
        run = call.input["actionExecutionId"]
        if not any(run in state.runs for state in engine.states().values()):
            raise Fault("ActionExecutionNotFoundException", f"There is no action execution {run}")
        return {"targets": []}

    return {
        "ListActionExecutions": actions,
        "ListRuleExecutions": rules,
        "ListDeployActionExecutionTargets": targets,
    }


def _wanted(state: State, run: ActionRun, given: Document) -> bool:
    """Both filters together are both to be met."""
    execution = given.get("pipelineExecutionId")
    if execution is not None and find(state, execution).id != run.execution:
        return False
    latest = given.get("latestInPipelineExecution")
    if latest is None:
        return True
    about = find(state, latest["pipelineExecutionId"])
    if about.id != run.execution:
        return False
    current = {run for stage in about.stages.values() for run in stage.runs.values()}
    return latest["startTimeRange"] == "All" or run.id in current


def _detail(run: ActionRun) -> Document:
    return present(
        pipelineExecutionId=run.execution,
        actionExecutionId=run.id,
        pipelineVersion=run.version,
        stageName=run.stage,
        actionName=run.action,
        startTime=run.started,
        lastUpdateTime=run.updated,
        updatedBy=run.updated_by,
        status=run.status,
        input=present(
            actionTypeId=run.type.document(),
            configuration=dict(run.configuration),
            resolvedConfiguration=dict(run.resolved),
            roleArn=run.role_arn,
            region=run.region,
            inputArtifacts=_artifacts(run.inputs),
            namespace=run.namespace,
        ),
        output=_output(run),
    )


def _output(run: ActionRun) -> Document | None:
    if run.status == "InProgress" and run.external_id is None:
        return None
    return present(
        outputArtifacts=_artifacts(run.outputs),
        outputVariables=dict(run.variables),
        executionResult=present(
            externalExecutionId=run.external_id,
            externalExecutionSummary=run.summary,
            externalExecutionUrl=run.external_url,
            errorDetails={"code": run.error.code, "message": run.error.message} if run.error else None,
            logStreamARN=run.log_stream,
        ),
    )


def _artifacts(locations: Mapping[str, Location]) -> list[Document]:
    return [
        {"name": name, "s3location": {"bucket": where.bucket, "key": where.key}} for name, where in locations.items()
    ]
