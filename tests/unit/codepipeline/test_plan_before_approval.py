"""A function's plan on its way: into an artifact, and by variables before a person and to the deployment."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.context import Credentials
from tests.support.engine_rig import BUCKET, Rig, commit, engine_rig, role_arn
from tests.unit.codepipeline.test_service import PIPELINE, answer, history, make_roles, start

ROLES = {"Source": "source", "Build": "build", "Verify": "verify", "Deploy": "deploy", "Approve": "approve"}
SUMMARY = '1 configured. Images: web → web:2; changes Deployment web (image, "quoted")'


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("engine")) as made:
        made.client("s3").create_bucket(Bucket=BUCKET)
        make_roles(made)
        commit(made)
        objects = f"arn:aws:s3:::{BUCKET}/*"
        artifacts = {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": objects}
        made.rights("deploy", {"Action": "lambda:InvokeFunction", "Resource": "*"}, artifacts)
        yield made


@pytest.fixture
def declare(rig: Rig, declaration: Any, make_action: Any) -> Iterator[None]:
    """approval: Plan, then Approve, which shows it; prod: Deploy, which gets it; dev has neither."""
    document = declaration()
    _, build, _, approval, prod = document["stages"]
    told = {"UserParameters": '{"mode": "plan"}'}
    plan = make_action(
        "Plan", "Invoke/Lambda", inputs=["Release"], outputs=["Plan"], namespace="prod_plan", configuration=told
    )
    (approve,) = approval["actions"]
    approve |= {"runOrder": 2, "configuration": {"CustomData": "Go?\n\n#{prod_plan.summary}\n\n#{prod_plan.report}"}}
    approval["actions"] = [plan, approve]
    (deploy,) = prod["actions"]
    deploy |= {"inputArtifacts": [{"name": "Release"}, {"name": "Plan"}], "outputArtifacts": [{"name": "Report"}]}
    deploy["configuration"] |= {"UserParameters": '{"plan": "#{prod_plan.plan}"}'}
    document["stages"] = [document["stages"][0], build, approval, prod]
    for stage in document["stages"]:
        for action in stage["actions"]:
            action["roleArn"] = role_arn({**ROLES, "Plan": "deploy"}[action["name"]])
    client = rig.client("codepipeline")
    rig.functions.events.clear()
    rig.functions.handler = lambda codepipeline, job: function(rig, codepipeline, job)
    client.create_pipeline(pipeline=document)
    yield
    client.delete_pipeline(name=PIPELINE)


def function(rig: Rig, codepipeline: Any, job: dict[str, Any]) -> None:
    """Writes its artifact with the job's own credentials, as the deployer does."""
    (where,) = (each["location"]["s3Location"] for each in job["data"]["outputArtifacts"])
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("plan.json", job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    keys(rig, job).put_object(Bucket=where["bucketName"], Key=where["objectKey"], Body=held.getvalue())
    place = f"s3://{where['bucketName']}/{where['objectKey']}"
    codepipeline.put_job_success_result(
        jobId=job["id"], outputVariables={"plan": "a" * 64, "summary": SUMMARY, "report": place}
    )


def keys(rig: Rig, job: dict[str, Any]) -> Any:
    given = job["data"]["artifactCredentials"]
    return rig.client_of(Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"]), "s3")


def waiting(rig: Rig) -> str:
    """The token of the approval behind the plan."""

    def token() -> str | None:
        stages = rig.client("codepipeline").get_pipeline_state(name=PIPELINE)["stageStates"]
        approve = next(stage for stage in stages if stage["stageName"] == "approval")["actionStates"][1]
        found = approve.get("latestExecution", {})
        return found.get("token") if found.get("status") == "InProgress" else None

    return str(rig.until(token, "the approval"))


def test_an_approval_shows_what_the_plan_before_it_found(rig: Rig, declare: None) -> None:
    waiting(rig)
    (execution,) = (e["pipelineExecutionId"] for e in rig.client("codepipeline").list_pipeline_executions(
        pipelineName=PIPELINE)["pipelineExecutionSummaries"])  # fmt: skip
    approve, plan = history(rig, execution)[:2]
    (made,) = plan["output"]["outputArtifacts"]
    place = f"s3://{made['s3location']['bucket']}/{made['s3location']['key']}"
    assert approve["input"]["resolvedConfiguration"]["CustomData"] == f"Go?\n\n{SUMMARY}\n\n{place}"
    assert "#{prod_plan.summary}" in approve["input"]["configuration"]["CustomData"]
    assert plan["output"]["outputVariables"]["summary"] == SUMMARY


def test_a_deployment_gets_the_plan_and_its_digest(rig: Rig, declare: None) -> None:
    answer(rig, waiting(rig))
    rig.until(lambda: len(rig.functions.events) >= 2 and rig.functions.events[-1], "the deployment")
    data = rig.functions.events[-1]["CodePipeline.job"]["data"]
    assert json.loads(data["actionConfiguration"]["configuration"]["UserParameters"]) == {"plan": "a" * 64}
    found = {each["name"]: each["location"]["s3Location"] for each in data["inputArtifacts"]}
    assert set(found) == {"Release", "Plan"}
    body = keys(rig, rig.functions.events[-1]["CodePipeline.job"]).get_object(
        Bucket=BUCKET, Key=found["Plan"]["objectKey"]
    )["Body"]
    with zipfile.ZipFile(io.BytesIO(body.read())) as archive:
        assert archive.read("plan.json") == b'{"mode": "plan"}'


def test_a_functions_credentials_write_its_own_artifact_and_nothing_else(rig: Rig, declare: None) -> None:
    waiting(rig)
    job = rig.functions.events[-1]["CodePipeline.job"]
    s3, (own,) = keys(rig, job), (each["location"]["s3Location"] for each in job["data"]["outputArtifacts"])
    s3.put_object(Bucket=BUCKET, Key=own["objectKey"], Body=b"again")
    given = job["data"]["inputArtifacts"][0]["location"]["s3Location"]["objectKey"]
    for key in (given, own["objectKey"] + "x", "another"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"swapped")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=BUCKET, Key=own["objectKey"])


def test_a_plan_that_fails_is_never_put_before_a_person(rig: Rig, declaration: Any, declare: None) -> None:
    waiting(rig)
    rig.functions.handler = lambda codepipeline, job: codepipeline.put_job_failure_result(
        jobId=job["id"], failureDetails={"type": "ConfigurationError", "message": "2 objects are refused"}
    )
    answer(rig, waiting(rig), "Rejected")
    execution = start(rig)
    assert rig.ended(PIPELINE, execution) == "Failed"
    assert [run["actionName"] for run in history(rig, execution)] == ["Plan", "Build", "Source"]


def test_a_stage_that_goes_back_is_told_of_the_plan_of_then(rig: Rig, declare: None) -> None:
    answer(rig, waiting(rig))
    client = rig.client("codepipeline")
    (good,) = (e["pipelineExecutionId"] for e in client.list_pipeline_executions(pipelineName=PIPELINE)[
        "pipelineExecutionSummaries"])  # fmt: skip
    rig.ended(PIPELINE, good)
    back = client.rollback_stage(pipelineName=PIPELINE, stageName="prod", targetPipelineExecutionId=good)
    assert rig.ended(PIPELINE, back["pipelineExecutionId"]) == "Succeeded"
    then, now = history(rig, good)[0], history(rig, back["pipelineExecutionId"])[0]
    assert now["input"]["resolvedConfiguration"] == then["input"]["resolvedConfiguration"]
    assert now["input"]["inputArtifacts"] == then["input"]["inputArtifacts"]
    assert now["output"]["outputArtifacts"] != then["output"]["outputArtifacts"]
