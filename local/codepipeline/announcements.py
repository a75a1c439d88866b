"""State changes in the words of CodePipeline's EventBridge events."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.messages import Announce
from local.codepipeline.state import ActionRun, Execution, Location, State
from local.codepipeline.times import iso

Document = dict[str, Any]


def detail_type(announce: Announce) -> str:
    subject = "Pipeline" if announce.level == "Pipeline" else announce.level
    return f"CodePipeline {subject} Execution State Change"


def detail(announce: Announce, state: State, region: str) -> Document:
    execution = state.executions[announce.execution]
    common: Document = {
        "pipeline": state.pipeline.name,
        "execution-id": execution.id,
        "start-time": iso(execution.started),
        "state": announce.state,
        # Numbers are floats in CodePipeline's events.
        "version": float(execution.version),
        "pipeline-execution-attempt": float(execution.attempt),
    }
    if announce.level == "Pipeline":
        return common | _pipeline(announce, execution)
    common["stage"] = announce.stage
    if announce.level == "Stage":
        return common | _stage(announce, execution)
    return common | _action(state.runs[announce.run or ""], region)


def _pipeline(announce: Announce, execution: Execution) -> Document:
    found: Document = {}
    if announce.state == "STARTED":
        found["execution-trigger"] = {
            "trigger-type": execution.trigger.kind,
            "trigger-detail": execution.trigger.detail,
        }
    if announce.state == "STOPPING" and execution.stop_reason:
        found["stop-execution-comments"] = execution.stop_reason
    if execution.target:
        found["rollback-metadata"] = {"rollback-target-pipeline-execution-id": execution.target}
    return found


def _stage(announce: Announce, execution: Execution) -> Document:
    run = execution.stages.get(announce.stage or "")
    if run is None:
        return {}
    found: Document = {"start-time": iso(run.started)}
    if announce.state == "RESUMED":
        found["stage-last-retry-attempt-time"] = iso(execution.updated)
    return found


def _action(run: ActionRun, region: str) -> Document:
    found: Document = {
        "start-time": iso(run.started),
        "action": run.action,
        "action-execution-id": run.id,
        "region": run.region or region,
        "type": run.type.document(),
        "input-artifacts": _artifacts(run.inputs),
        "output-artifacts": _artifacts(run.outputs),
    }
    if run.status != "InProgress":
        result = {
            "external-execution-id": run.external_id,
            "external-execution-url": run.external_url,
            "external-execution-summary": run.summary,
            "error-code": run.error.code if run.error else None,
            "error-message": run.error.message if run.error else None,
        }
        found["execution-result"] = {key: value for key, value in result.items() if value is not None}
    return found


def _artifacts(locations: Mapping[str, Location]) -> list[Document]:
    return [
        {"name": name, "s3location": {"bucket": where.bucket, "key": where.key}} for name, where in locations.items()
    ]
