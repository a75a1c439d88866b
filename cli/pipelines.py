"""A pipeline and its executions, as AWS tells them, in frozen values.

The declared stages and actions come first, so that what has not begun is there, too, as `Pending`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PENDING, RUNNING, SUCCEEDED, FAILED = "Pending", "InProgress", "Succeeded", "Failed"
ENDED = ("Succeeded", "Failed", "Stopped", "Superseded", "Cancelled")


@dataclass(frozen=True)
class Action:
    stage: str
    name: str
    category: str  # Source, Build, Test, Invoke, Approval, Deploy
    status: str = PENDING
    started: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    error: str = ""
    link: str = ""  # the provider's own id of the work: a build, a function
    shows: str = ""  # what an approval tells who is to give it

    def seconds(self, now: datetime) -> float | None:
        if self.started is None:
            return None
        end = now if self.status == RUNNING or self.updated is None else self.updated
        return max(0.0, (end - self.started).total_seconds())

    @property
    def waits_for_approval(self) -> bool:
        return self.category == "Approval" and self.status == RUNNING


@dataclass(frozen=True)
class Execution:
    pipeline: str
    id: str
    status: str
    commit: str
    message: str
    started: datetime | None
    rolls_back: bool
    actions: tuple[Action, ...]

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def failed_action(self) -> Action | None:
        return next((action for action in self.actions if action.status == FAILED), None)

    @property
    def approval(self) -> Action | None:
        return next((action for action in self.actions if action.waits_for_approval), None)


def pipeline_names(client: Any) -> list[str]:
    pages = client.get_paginator("list_pipelines").paginate()
    return sorted(pipeline["name"] for page in pages for pipeline in page["pipelines"])


def declared_actions(client: Any, pipeline: str) -> tuple[Action, ...]:
    """Every action of the pipeline in the order of stages and runOrder, all pending."""
    stages = client.get_pipeline(name=pipeline)["pipeline"]["stages"]
    return tuple(
        Action(stage["name"], action["name"], action["actionTypeId"]["category"])
        for stage in stages
        for action in sorted(stage["actions"], key=lambda action: action.get("runOrder", 1))
    )


def newest_executions(client: Any, pipeline: str, count: int = 20) -> list[dict[str, Any]]:
    """Summaries, newest first."""
    answer = client.list_pipeline_executions(pipelineName=pipeline, maxResults=count)
    summaries: list[dict[str, Any]] = answer["pipelineExecutionSummaries"]
    return summaries


def read_execution(client: Any, pipeline: str, execution: str, declared: tuple[Action, ...]) -> Execution:
    """The execution with every declared action; a retried action shows its latest attempt."""
    told = client.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=execution)["pipelineExecution"]
    pages = client.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, filter={"pipelineExecutionId": execution}
    )
    details = [detail for page in pages for detail in page["actionExecutionDetails"]]
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for detail in details:  # newest first
        latest.setdefault((detail["stageName"], detail["actionName"]), detail)
    actions = tuple(_met(action, latest.get((action.stage, action.name))) for action in declared)
    revisions = told.get("artifactRevisions") or [{}]
    # The code's own: base images have revisions, too.
    revision = next((each for each in revisions if each.get("name") == "Source"), revisions[0])
    return Execution(
        pipeline=pipeline,
        id=execution,
        status=told["status"],
        commit=revision.get("revisionId", ""),
        message=_first_line(revision.get("revisionSummary", "")),
        started=min((action.started for action in actions if action.started), default=None),
        rolls_back=told.get("executionType") == "ROLLBACK",
        actions=actions,
    )


def newest_release(client: Any, pipeline: str) -> list[Execution]:
    """The newest release, and the ways back that came after it (oldest first); nothing when nothing was released."""
    ids: list[str] = []
    for summary in newest_executions(client, pipeline):
        ids.append(summary["pipelineExecutionId"])
        if summary.get("executionType") != "ROLLBACK":
            break
    declared = declared_actions(client, pipeline)
    return [read_execution(client, pipeline, execution, declared) for execution in reversed(ids)]


def retry_command(release: Execution, ways_back: list[Execution]) -> str:
    """What `shipline retry` does, by the stock tool: a stage that went back by itself takes no retry of what failed."""
    failed = release.failed_action
    assert failed is not None
    if went_back(failed.stage, ways_back):
        return f"aws codepipeline start-pipeline-execution --name {release.pipeline}"
    return (
        f"aws codepipeline retry-stage-execution --pipeline-name {release.pipeline} "
        f"--stage-name {failed.stage} --pipeline-execution-id {release.id} --retry-mode FAILED_ACTIONS"
    )


def went_back(stage: str, ways_back: list[Execution]) -> bool:
    return any(action.stage == stage and action.started for back in ways_back for action in back.actions)


def approval_token(client: Any, pipeline: str, approval: Action) -> str | None:
    """The token that answers a waiting approval; None when it does not wait any more."""
    for stage in client.get_pipeline_state(name=pipeline)["stageStates"]:
        for action in stage.get("actionStates", []):
            if (stage["stageName"], action["actionName"]) == (approval.stage, approval.name):
                token: str | None = action.get("latestExecution", {}).get("token")
                return token
    return None


def answer_approval(client: Any, pipeline: str, approval: Action, token: str, approve: bool, why: str) -> None:
    client.put_approval_result(
        pipelineName=pipeline,
        stageName=approval.stage,
        actionName=approval.name,
        token=token,
        result={"status": "Approved" if approve else "Rejected", "summary": why},
    )


def now() -> datetime:
    return datetime.now(UTC)


def _met(action: Action, detail: dict[str, Any] | None) -> Action:
    if detail is None:
        return action
    result = detail.get("output", {}).get("executionResult", {})
    error = result.get("errorDetails", {}).get("message", "")
    summary = result.get("externalExecutionSummary", "")
    failed = detail["status"] in (FAILED, "Abandoned")
    return Action(
        stage=action.stage,
        name=action.name,
        category=action.category,
        status=detail["status"],
        started=detail.get("startTime"),
        updated=detail.get("lastUpdateTime"),
        summary="" if failed else summary,
        error=(error or summary or "no reason was given") if failed else "",
        link=result.get("externalExecutionId", ""),
        shows=detail.get("input", {}).get("resolvedConfiguration", {}).get("CustomData", ""),
    )


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
