"""The service through its API, with real roles: what a user of the AWS CLI or boto3 sees."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from local.context import Credentials
from tests.support.engine_rig import BUCKET, Rig, commit, engine_rig, role_arn

PIPELINE = "shop"
ACTION_ROLES = ("source", "build", "deploy", "verify", "approve")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("engine")) as rig:
        rig.client("s3").create_bucket(Bucket=BUCKET)
        make_roles(rig)
        commit(rig)
        yield rig


@pytest.fixture
def rig(shared: Rig) -> Iterator[Rig]:
    yield shared
    shared.builds.result = lambda request: {}
    shared.functions.handler = lambda codepipeline, job: codepipeline.put_job_success_result(jobId=job["id"])
    shared.functions.events.clear()
    shared.builds.requests.clear()
    for pipeline in shared.client("codepipeline").list_pipelines()["pipelines"]:
        shared.client("codepipeline").delete_pipeline(name=pipeline["name"])
    make_rights(shared)


def make_roles(rig: Rig) -> None:
    rig.role(
        "pipeline",
        {"Service": "codepipeline.amazonaws.com"},
        {"Action": "sts:AssumeRole", "Resource": [role_arn(name) for name in ACTION_ROLES]},
    )
    for name in ACTION_ROLES:
        rig.role(name, {"AWS": role_arn("pipeline")}, {"Action": "sts:GetCallerIdentity", "Resource": "*"})
    make_rights(rig)


def make_rights(rig: Rig) -> None:
    objects = f"arn:aws:s3:::{BUCKET}/*"
    repository = "arn:aws:codecommit:us-east-1:123456789012:shop"
    builds = {"Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds"], "Resource": "*"}
    rig.rights(
        "source",
        {"Action": ["s3:PutObject"], "Resource": objects},
        {
            "Action": [
                "codecommit:GetBranch",
                "codecommit:GetCommit",
                "codecommit:UploadArchive",
                "codecommit:GetUploadArchiveStatus",
            ],
            "Resource": repository,
        },
    )
    rig.rights("build", builds)
    rig.rights("verify", builds)
    rig.rights(
        "deploy",
        {"Action": "lambda:InvokeFunction", "Resource": "*"},
        {"Action": "s3:GetObject", "Resource": objects},
    )


@pytest.fixture
def declare(rig: Rig, declaration: Any) -> Any:
    """Create the pipeline; CreatePipeline's own first execution is stopped, so that a test begins with none."""

    def make(**more: Any) -> None:
        document = declaration(**more)
        roles = {"Source": "source", "Build": "build", "Verify": "verify", "Deploy": "deploy", "Approve": "approve"}
        for stage in document["stages"]:
            for action in stage["actions"]:
                action["roleArn"] = role_arn(roles[action["name"]])
        client = rig.client("codepipeline")
        rig.builds.result = lambda request: {"buildStatus": "FAILED"}
        client.create_pipeline(pipeline=document, tags=[{"key": "team", "value": "a"}])
        (first,) = client.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
        assert first["trigger"]["triggerType"] == "CreatePipeline"
        rig.ended(PIPELINE, first["pipelineExecutionId"])
        rig.builds.result = lambda request: {}

    return make


def start(rig: Rig, **more: Any) -> str:
    found = rig.client("codepipeline").start_pipeline_execution(name=PIPELINE, **more)
    return str(found["pipelineExecutionId"])


def stage_of(rig: Rig, name: str) -> dict[str, Any]:
    stages = rig.client("codepipeline").get_pipeline_state(name=PIPELINE)["stageStates"]
    return dict(next(stage for stage in stages if stage["stageName"] == name))


def pending(rig: Rig) -> str:
    """The token of the approval that waits."""

    def token() -> str | None:
        found = stage_of(rig, "approval")["actionStates"][0].get("latestExecution", {})
        return found.get("token")

    return str(rig.until(token, "the approval"))


def answer(rig: Rig, token: str, status: str = "Approved") -> None:
    rig.client("codepipeline").put_approval_result(
        pipelineName=PIPELINE,
        stageName="approval",
        actionName="Approve",
        token=token,
        result={"summary": "looks fine", "status": status},
    )


def history(rig: Rig, execution: str) -> list[dict[str, Any]]:
    found = rig.client("codepipeline").list_action_executions(
        pipelineName=PIPELINE, filter={"pipelineExecutionId": execution}
    )
    return list(found["actionExecutionDetails"])


class TestStraightPath:
    def test_a_release_goes_from_the_branch_to_prod(self, rig: Rig, declare: Any) -> None:
        declare()
        rig.builds.result = lambda request: {"exportedEnvironmentVariables": [{"name": "TAG", "value": "v1"}]}
        execution = start(rig)
        token = pending(rig)
        assert rig.status(PIPELINE, execution) == "InProgress"
        answer(rig, token)
        assert rig.ended(PIPELINE, execution) == "Succeeded"
        runs = {f"{run['stageName']}/{run['actionName']}": run for run in history(rig, execution)}
        assert list(runs) == [
            "prod/Deploy",
            "approval/Approve",
            "dev/Verify",
            "dev/Deploy",
            "Build/Build",
            "Source/Source",
        ]
        assert runs["Build/Build"]["output"]["outputVariables"] == {"TAG": "v1"}
        deploy = runs["dev/Deploy"]
        assert deploy["input"]["configuration"]["UserParameters"].startswith("#{")
        assert deploy["input"]["resolvedConfiguration"]["UserParameters"].startswith(execution)
        assert deploy["output"]["executionResult"]["externalExecutionId"] == "shop-deploy"

    def test_the_source_is_a_zip_of_the_commit_with_its_variables(self, rig: Rig, declare: Any) -> None:
        declare()
        execution = start(rig)
        pending(rig)
        source = history(rig, execution)[-1]
        where = source["output"]["outputArtifacts"][0]["s3location"]
        body = rig.client("s3").get_object(Bucket=where["bucket"], Key=where["key"])["Body"].read()
        assert zipfile.ZipFile(io.BytesIO(body)).read("README") == b"hello\n"
        variables = source["output"]["outputVariables"]
        assert variables["CommitMessage"] == 'say "hello"'
        assert variables["AuthorDate"] == "2023-11-14T22:13:20Z"
        found = rig.client("codepipeline").get_pipeline_execution(pipelineName=PIPELINE, pipelineExecutionId=execution)
        revision = found["pipelineExecution"]["artifactRevisions"][0]
        assert (revision["name"], revision["revisionId"]) == ("Source", variables["CommitId"])

    def test_a_build_is_started_with_the_artifacts_places(self, rig: Rig, declare: Any) -> None:
        declare()
        execution = start(rig)
        pending(rig)
        build = rig.builds.requests[-2]
        runs = {run["actionName"]: run for run in history(rig, execution)}
        given = runs["Build"]["input"]["inputArtifacts"][0]["s3location"]
        made = runs["Build"]["output"]["outputArtifacts"][0]["s3location"]
        assert build["sourceLocationOverride"] == f"arn:aws:s3:::{given['bucket']}/{given['key']}"
        assert build["artifactsOverride"]["location"] == f"arn:aws:s3:::{made['bucket']}/{made['key']}"
        assert build["sourceVersion"] == runs["Source"]["output"]["outputVariables"]["CommitId"]

    def test_the_function_gets_the_job_event(self, rig: Rig, declare: Any) -> None:
        declare()
        execution = start(rig)
        pending(rig)
        job = rig.functions.events[0]["CodePipeline.job"]
        data = job["data"]
        assert set(job) == {"id", "accountId", "data"}
        assert set(data) == {"actionConfiguration", "inputArtifacts", "outputArtifacts", "artifactCredentials"}
        assert data["actionConfiguration"]["configuration"]["UserParameters"].startswith(execution)
        (artifact,) = data["inputArtifacts"]
        assert (artifact["name"], artifact["revision"], artifact["location"]["type"]) == ("Release", None, "S3")

    def test_the_next_action_starts_at_once(self, rig: Rig, declare: Any) -> None:
        declare()
        execution = start(rig)
        answer(rig, pending(rig))
        rig.ended(PIPELINE, execution)
        runs = history(rig, execution)[::-1]
        ends = {run["actionName"]: run["lastUpdateTime"].timestamp() for run in runs}
        verify = next(run for run in runs if run["actionName"] == "Verify")
        deploy = next(run for run in runs if (run["stageName"], run["actionName"]) == ("dev", "Deploy"))
        assert verify["startTime"].timestamp() - deploy["lastUpdateTime"].timestamp() < 0.5
        assert ends


class TestJobs:
    def test_a_continuation_token_brings_the_job_back(self, rig: Rig, declare: Any) -> None:
        def goes_on_twice(codepipeline: Any, job: dict[str, Any]) -> None:
            token = int(job["data"].get("continuationToken", 0))
            if token < 2:
                codepipeline.put_job_success_result(jobId=job["id"], continuationToken=str(token + 1))
            else:
                codepipeline.put_job_success_result(
                    jobId=job["id"], executionDetails={"summary": "deployed"}, outputVariables={"Release": "7"}
                )

        rig.functions.handler = goes_on_twice
        declare()
        execution = start(rig)
        pending(rig)
        jobs = [event["CodePipeline.job"] for event in rig.functions.events]
        assert [job["data"].get("continuationToken") for job in jobs] == [None, "1", "2"]
        assert len({job["id"] for job in jobs}) == 3
        deploy = next(run for run in history(rig, execution) if run["actionName"] == "Deploy")
        assert deploy["output"]["outputVariables"] == {"Release": "7"}
        assert deploy["output"]["executionResult"]["externalExecutionSummary"] == "deployed"

    def test_a_failed_job_says_why_in_the_state(self, rig: Rig, declare: Any) -> None:
        rig.functions.handler = lambda codepipeline, job: codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": "web crashes: exit 1"}
        )
        declare()
        assert rig.ended(PIPELINE, start(rig)) == "Failed"
        latest = stage_of(rig, "dev")["actionStates"][0]["latestExecution"]
        assert latest["errorDetails"] == {"code": "JobFailed", "message": "web crashes: exit 1"}

    def test_details_are_there_and_a_result_is_final(self, rig: Rig, declare: Any) -> None:
        jobs: list[str] = []
        rig.functions.handler = lambda codepipeline, job: jobs.append(job["id"])
        declare()
        start(rig)
        rig.until(lambda: jobs, "the job")
        client = rig.client("codepipeline")
        details = client.get_job_details(jobId=jobs[0])["jobDetails"]
        assert details["data"]["pipelineContext"]["stage"] == {"name": "dev"}
        with pytest.raises(client.exceptions.ValidationException):
            client.put_job_success_result(jobId=jobs[0], continuationToken="t", outputVariables={"a": "b"})
        client.put_job_success_result(jobId=jobs[0])
        client.put_job_success_result(jobId=jobs[0])
        with pytest.raises(client.exceptions.InvalidJobStateException):
            client.put_job_failure_result(jobId=jobs[0], failureDetails={"type": "JobFailed", "message": "no"})
        with pytest.raises(client.exceptions.JobNotFoundException):
            client.get_job_details(jobId="00000000-0000-0000-0000-000000000000")

    def test_artifact_credentials_read_the_jobs_input_and_nothing_else(self, rig: Rig, declare: Any) -> None:
        declare()
        start(rig)
        pending(rig)
        data = rig.functions.events[0]["CodePipeline.job"]["data"]
        given = data["artifactCredentials"]
        where = data["inputArtifacts"][0]["location"]["s3Location"]
        rig.client("s3").put_object(Bucket=BUCKET, Key=where["objectKey"], Body=b"release")
        credentials = Credentials(given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
        s3 = rig.client_of(credentials, "s3")
        assert s3.get_object(Bucket=BUCKET, Key=where["objectKey"])["Body"].read() == b"release"
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=BUCKET, Key="another")


class TestRights:
    @pytest.mark.parametrize(
        ("role", "action", "words"),
        [
            ("source", "Source", "codecommit:GetBranch"),
            ("build", "Build", "codebuild:StartBuild"),
            ("deploy", "Deploy", "lambda:InvokeFunction"),
        ],
    )
    def test_a_missing_right_fails_its_action(self, rig: Rig, declare: Any, role: str, action: str, words: str) -> None:
        declare()
        rig.rights(role, {"Action": "sts:GetCallerIdentity", "Resource": "*"})
        execution = start(rig)
        assert rig.ended(PIPELINE, execution) == "Failed"
        failed = next(run for run in history(rig, execution) if run["status"] == "Failed")
        error = failed["output"]["executionResult"]["errorDetails"]
        assert (failed["actionName"], error["code"]) == (action, "PermissionError")
        assert words in error["message"]

    def test_the_archive_needs_its_own_right(self, rig: Rig, declare: Any) -> None:
        declare()
        rig.rights("source", {"Action": ["codecommit:GetBranch", "codecommit:GetCommit"], "Resource": "*"})
        execution = start(rig)
        assert rig.ended(PIPELINE, execution) == "Failed"
        error = history(rig, execution)[0]["output"]["executionResult"]["errorDetails"]
        assert "codecommit:UploadArchive" in error["message"]


class TestFailures:
    def test_a_failed_build_tells_its_phase(self, rig: Rig, declare: Any) -> None:
        declare()
        rig.builds.result = lambda request: {
            "buildStatus": "FAILED",
            "phases": [
                {"phaseType": "INSTALL", "phaseStatus": "SUCCEEDED"},
                {
                    "phaseType": "BUILD",
                    "phaseStatus": "FAILED",
                    "contexts": [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "exit status 2"}],
                },
            ],
        }
        execution = start(rig)
        assert rig.ended(PIPELINE, execution) == "Failed"
        error = history(rig, execution)[0]["output"]["executionResult"]["errorDetails"]
        assert error["code"] == "JobFailed"
        assert "FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: exit status 2" in error["message"]

    def test_a_verification_that_fails_brings_the_last_release_back(self, rig: Rig, declare: Any) -> None:
        declare()
        good = start(rig)
        answer(rig, pending(rig))
        rig.ended(PIPELINE, good)
        rig.builds.result = lambda request: {
            "buildStatus": "FAILED"
            if "artifactsOverride" in request and len(rig.functions.events) == 3
            else "SUCCEEDED"
        }
        bad = start(rig)
        assert rig.ended(PIPELINE, bad) == "Failed"
        newest = rig.client("codepipeline").list_pipeline_executions(pipelineName=PIPELINE)[
            "pipelineExecutionSummaries"
        ][0]
        assert newest["executionType"] == "ROLLBACK"
        assert newest["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
        assert newest["trigger"]["triggerType"] == "AutomatedRollback"
        assert rig.ended(PIPELINE, newest["pipelineExecutionId"]) == "Succeeded"

    def test_a_provider_that_is_not_here_says_so(self, rig: Rig, declare: Any, make_action: Any) -> None:
        declare()
        client = rig.client("codepipeline")
        document = client.get_pipeline(name=PIPELINE)["pipeline"]
        github = {"ConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/x"}
        document["stages"][0]["actions"][0] |= {
            "actionTypeId": {
                "category": "Source",
                "owner": "AWS",
                "provider": "CodeStarSourceConnection",
                "version": "1",
            },
            "configuration": {**github, "FullRepositoryId": "acme/shop", "BranchName": "main"},
        }
        client.update_pipeline(pipeline=document)
        execution = start(rig)
        assert rig.ended(PIPELINE, execution) == "Failed"
        error = history(rig, execution)[0]["output"]["executionResult"]["errorDetails"]
        assert "provider CodeStarSourceConnection is not available on this machine" in error["message"]
        assert "codecommit" in error["message"]


class TestRequests:
    def test_a_stage_is_retried_in_the_same_execution(self, rig: Rig, declare: Any) -> None:
        declare()
        rig.builds.result = lambda request: {"buildStatus": "FAILED"}
        execution = start(rig)
        rig.ended(PIPELINE, execution)
        rig.builds.result = lambda request: {}
        again = rig.client("codepipeline").retry_stage_execution(
            pipelineName=PIPELINE, stageName="Build", pipelineExecutionId=execution, retryMode="FAILED_ACTIONS"
        )
        assert again["pipelineExecutionId"] == execution
        answer(rig, pending(rig))
        assert rig.ended(PIPELINE, execution) == "Succeeded"
        builds = [run for run in history(rig, execution) if run["actionName"] == "Build"]
        assert [run["status"] for run in builds] == ["Succeeded", "Failed"]
        metadata = stage_of(rig, "Build")["retryStageMetadata"]
        assert metadata == {"manualStageRetryAttempt": 1, "latestRetryTrigger": "ManualStageRetry"}

    def test_a_stage_is_rolled_back_on_demand(self, rig: Rig, declare: Any) -> None:
        declare()
        good = start(rig)
        answer(rig, pending(rig))
        rig.ended(PIPELINE, good)
        back = rig.client("codepipeline").rollback_stage(
            pipelineName=PIPELINE, stageName="prod", targetPipelineExecutionId=good
        )["pipelineExecutionId"]
        assert rig.ended(PIPELINE, back) == "Succeeded"
        listed = rig.client("codepipeline").list_pipeline_executions(
            pipelineName=PIPELINE, filter={"succeededInStage": {"stageName": "prod"}}
        )["pipelineExecutionSummaries"]
        assert [each["pipelineExecutionId"] for each in listed] == [back, good]

    def test_a_release_is_stopped_with_a_reason(self, rig: Rig, declare: Any) -> None:
        declare()
        execution = start(rig)
        pending(rig)
        client = rig.client("codepipeline")
        client.stop_pipeline_execution(
            pipelineName=PIPELINE, pipelineExecutionId=execution, abandon=True, reason="not today"
        )
        assert rig.status(PIPELINE, execution) == "Stopped"
        summary = client.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"][0]
        assert summary["stopTrigger"] == {"reason": "not today"}

    def test_a_transition_holds_the_execution_in_front_of_its_stage(self, rig: Rig, declare: Any) -> None:
        declare()
        client = rig.client("codepipeline")
        client.disable_stage_transition(
            pipelineName=PIPELINE, stageName="Build", transitionType="Outbound", reason="freeze"
        )
        execution = start(rig)
        rig.until(lambda: stage_of(rig, "dev").get("inboundExecution"), "the wait in front of dev")
        dev = stage_of(rig, "dev")
        assert dev["inboundExecution"]["pipelineExecutionId"] == execution
        assert dev["inboundTransitionState"]["enabled"] is False
        assert dev["inboundTransitionState"]["disabledReason"] == "freeze"
        client.enable_stage_transition(pipelineName=PIPELINE, stageName="dev", transitionType="Inbound")
        pending(rig)

    def test_the_same_request_token_starts_one_execution(self, rig: Rig, declare: Any) -> None:
        declare()
        assert start(rig, clientRequestToken="once") == start(rig, clientRequestToken="once")

    def test_an_approval_that_was_rejected_shows_who_and_why(self, rig: Rig, declare: Any) -> None:
        declare()
        execution = start(rig)
        token = pending(rig)
        answer(rig, token, "Rejected")
        assert rig.ended(PIPELINE, execution) == "Failed"
        latest = stage_of(rig, "approval")["actionStates"][0]["latestExecution"]
        assert (latest["status"], latest["summary"]) == ("Failed", "looks fine")
        assert latest["lastUpdatedBy"] == "arn:aws:iam::123456789012:root"
        with pytest.raises(ClientError, match="ApprovalAlreadyCompletedException"):
            answer(rig, token)


class TestPipelines:
    def test_a_declaration_comes_back_with_its_defaults(self, rig: Rig, declare: Any) -> None:
        declare()
        client = rig.client("codepipeline")
        found = client.get_pipeline(name=PIPELINE)
        assert found["pipeline"]["version"] == 1
        assert found["pipeline"]["executionMode"] == "SUPERSEDED"
        assert found["metadata"]["pipelineArn"] == "arn:aws:codepipeline:us-east-1:123456789012:shop"
        found["pipeline"]["variables"] = [{"name": "tier", "defaultValue": "a"}]
        assert client.update_pipeline(pipeline=found["pipeline"])["pipeline"]["version"] == 2
        assert "variables" not in client.get_pipeline(name=PIPELINE, version=1)["pipeline"]
        with pytest.raises(client.exceptions.PipelineVersionNotFoundException):
            client.get_pipeline(name=PIPELINE, version=3)

    def test_a_name_is_taken_once_and_free_again_after_the_deletion(self, rig: Rig, declare: Any) -> None:
        declare()
        client = rig.client("codepipeline")
        with pytest.raises(client.exceptions.PipelineNameInUseException):
            client.create_pipeline(pipeline=client.get_pipeline(name=PIPELINE)["pipeline"])
        client.delete_pipeline(name=PIPELINE)
        client.delete_pipeline(name=PIPELINE)
        with pytest.raises(client.exceptions.PipelineNotFoundException):
            client.get_pipeline_state(name=PIPELINE)
        declare()

    def test_tags_are_kept(self, rig: Rig, declare: Any) -> None:
        declare()
        client = rig.client("codepipeline")
        arn = "arn:aws:codepipeline:us-east-1:123456789012:shop"
        client.tag_resource(resourceArn=arn, tags=[{"key": "cost", "value": "7"}])
        client.untag_resource(resourceArn=arn, tagKeys=["team"])
        assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "cost", "value": "7"}]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_tags_for_resource(resourceArn=arn + "x")

    def test_what_aws_has_and_this_machine_has_not_says_so(self, rig: Rig) -> None:
        client = rig.client("codepipeline")
        with pytest.raises(
            client.exceptions.ValidationException, match="DeleteWebhook is not available on this machine"
        ):
            client.delete_webhook(name="x")

    def test_wrong_input_is_told_as_aws_tells_it(self, rig: Rig) -> None:
        client = rig.client("codepipeline")
        with pytest.raises(client.exceptions.ValidationException, match="regular expression pattern"):
            client.get_pipeline(name="no spaces")

    def test_lists_come_in_pages(self, rig: Rig, declare: Any) -> None:
        declare()
        for _ in range(3):
            start(rig)
        client = rig.client("codepipeline")
        pages = list(
            client.get_paginator("list_pipeline_executions").paginate(
                pipelineName=PIPELINE, PaginationConfig={"PageSize": 2}
            )
        )
        assert [len(page["pipelineExecutionSummaries"]) for page in pages] == [2, 2]

    def test_every_operation_of_the_model_is_answered(self, rig: Rig) -> None:
        """With an empty request: a modelled error or an answer, never a failure of the server."""
        model = rig.client("codepipeline").meta.service_model
        keys = rig.home.addresses
        for name in model.operation_names:
            request = AWSRequest(
                "POST",
                rig.home.endpoint_url + "/",
                {"X-Amz-Target": f"CodePipeline_20150709.{name}", "Content-Type": "application/x-amz-json-1.1"},
                b"{}",
            )
            SigV4Auth(Keys(keys.access_key, keys.secret_key), "codepipeline", "us-east-1").add_auth(request)
            response = URLLib3Session().send(request.prepare())
            assert response.status_code in (200, 400), name
            body = json.loads(response.content or b"{}")
            errors = {shape.name for shape in model.operation_model(name).error_shapes}
            assert response.status_code == 200 or body["__type"] in errors | {"ValidationException"}, (name, body)


def test_a_waiting_machine_does_nothing(rig: Rig) -> None:
    """No polling: an idle engine uses no time."""
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1
