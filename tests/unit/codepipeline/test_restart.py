"""The engine across the machine's end: what ran is closed, what waits for a person waits on."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.engine_rig import BUCKET, Memory, Rig, commit, engine_rig, role_arn

PIPELINE = "shop"


def action_of(rig: Rig, stage: str, number: int = 0) -> dict[str, Any]:
    """The latest execution of a stage's action."""
    stages = rig.client("codepipeline").get_pipeline_state(name=PIPELINE)["stageStates"]
    found = next(each for each in stages if each["stageName"] == stage)["actionStates"][number]
    return dict(found.get("latestExecution", {}))


def approve(rig: Rig, stage: str, action: str, number: int = 0) -> str:
    token = rig.until(lambda: action_of(rig, stage, number).get("token"), f"the approval of {stage}")
    rig.client("codepipeline").put_approval_result(
        pipelineName=PIPELINE,
        stageName=stage,
        actionName=action,
        token=token,
        result={"summary": "", "status": "Approved"},
    )
    return str(token)


def with_rights(document: dict[str, Any]) -> dict[str, Any]:
    for stage in document["stages"]:
        for action in stage["actions"]:
            action["roleArn"] = role_arn("all")
    return document


def allow(rig: Rig) -> None:
    """A bucket, roles that may do all, and a commit."""
    rig.client("s3").create_bucket(Bucket=BUCKET)
    rig.role("pipeline", {"Service": "codepipeline.amazonaws.com"}, {"Action": "*", "Resource": "*"})
    rig.role("all", {"AWS": role_arn("pipeline")}, {"Action": "*", "Resource": "*"})
    commit(rig)


def test_what_a_success_speaks_of_is_on_disk_before_the_success_is(
    tmp_path: Path, declaration: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_rig(tmp_path) as rig:
        settled: list[str] = []
        monkeypatch.setattr(Memory, "settle", lambda _: settled.append(action_of(rig, "Source")["status"]))
        allow(rig)
        rig.client("codepipeline").create_pipeline(pipeline=with_rights(declaration()))
        rig.until(lambda: action_of(rig, "Source").get("status") == "Succeeded", "the source")
        assert settled[0] == "InProgress"


def test_a_stopped_machine_closes_what_ran_and_keeps_the_approval(tmp_path: Path, declaration: Any) -> None:
    document = declaration()
    approval = document["stages"][3]["actions"][0]
    document["stages"][4]["actions"].append(approval | {"name": "Ask"})
    with_rights(document)
    with engine_rig(tmp_path) as rig:
        allow(rig)
        rig.functions.handler = lambda codepipeline, job: None
        rig.client("codepipeline").create_pipeline(pipeline=document)
        rig.until(lambda: rig.functions.events, "the deploy")
        home = rig.home
    with engine_rig(tmp_path, home=home) as rig:
        client = rig.client("codepipeline")
        (summary,) = client.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
        execution = summary["pipelineExecutionId"]
        assert summary["status"] == "Failed"
        error = action_of(rig, "dev")["errorDetails"]
        assert error["code"] == "MachineStopped"
        assert "aws codepipeline retry-stage-execution --pipeline-name shop --stage-name dev" in error["message"]
        client.retry_stage_execution(
            pipelineName=PIPELINE, stageName="dev", pipelineExecutionId=execution, retryMode="FAILED_ACTIONS"
        )
        token = rig.until(lambda: action_of(rig, "approval").get("token"), "the approval")
    with engine_rig(tmp_path, home=home) as rig:
        assert approve(rig, "approval", "Approve") == token
        approve(rig, "prod", "Ask", 1)
        assert rig.ended(PIPELINE, execution) == "Succeeded"
