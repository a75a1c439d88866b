"""The API as boto3 and the AWS CLI see it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from tests.unit.codebuild.conftest import BUCKET, ROLE, Workbench, phase

SPEC = {"version": "0.2", "phases": {"build": {"commands": ["true"]}}}
ENVIRONMENT = {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}


def refused(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**request)
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_projects_are_made_changed_listed_and_deleted(bench: Workbench) -> None:
    bench.project("alpha", SPEC, description="first")
    bench.project("beta", SPEC)
    codebuild = bench.codebuild
    assert codebuild.list_projects()["projects"] == ["alpha", "beta"]
    assert codebuild.list_projects(sortBy="CREATED_TIME", sortOrder="DESCENDING")["projects"] == ["beta", "alpha"]
    changed = codebuild.update_project(name="alpha", timeoutInMinutes=7)["project"]
    assert (changed["timeoutInMinutes"], changed["description"]) == (7, "first")
    codebuild.delete_project(name="alpha")
    found = codebuild.batch_get_projects(names=["alpha", "beta"])
    assert found["projectsNotFound"] == ["alpha"]
    assert found["projects"][0]["arn"] == "arn:aws:codebuild:us-east-1:123456789012:project/beta"


def test_mistakes_are_answered_by_modelled_errors(bench: Workbench) -> None:
    codebuild = bench.codebuild
    bench.project("here", SPEC)
    made: dict[str, Any] = {
        "name": "here",
        "source": {"type": "NO_SOURCE", "buildspec": "x"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": ENVIRONMENT,
        "serviceRole": ROLE,
    }
    create = codebuild.create_project
    assert refused(create, **made)[0] == "ResourceAlreadyExistsException"
    assert refused(create, **made | {"name": "??"})[0] == "ValidationException"
    assert refused(create, **made | {"name": "n2", "serviceRole": "arn:aws:iam::999999999999:role/x"})[0] == (
        "InvalidInputException"
    )
    assert refused(create, **made | {"name": "n3", "source": {"type": "S3"}})[0] == "InvalidInputException"
    assert refused(create, **made | {"name": "n4", "source": {"type": "NO_SOURCE"}})[0] == "InvalidInputException"
    assert refused(codebuild.update_project, name="gone")[0] == "ResourceNotFoundException"
    assert refused(codebuild.start_build, projectName="gone") == (
        "ResourceNotFoundException",
        "Project cannot be found: arn:aws:codebuild:us-east-1:123456789012:project/gone",
    )
    assert refused(codebuild.stop_build, id="here:1")[0] == "ResourceNotFoundException"


def test_every_operation_is_answered_by_a_result_or_a_modelled_error(bench: Workbench) -> None:
    """No operation may end as a 500 page: clients would retry it, and then say nothing useful."""
    model = botocore.session.get_session().get_service_model("codebuild")
    service = bench.service.api
    assert len(model.operation_names) >= 59
    for name in model.operation_names:
        code, _, body = service.respond(Request(name), "", {})
        assert code in (200, 400), name
        if code == 400:
            assert "__type" in body


class Request:
    def __init__(self, operation: str) -> None:
        self.headers = {
            "X-Amz-Target": f"CodeBuild_20161006.{operation}",
            "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAOWNEROWNEROWNERO/20260101/us-east-1/codebuild",
        }

    def get_data(self) -> bytes:
        return b'{"ids": [], "names": [], "reportArns": [], "reportGroupArns": []}'


def test_batch_builds_are_refused_by_name(bench: Workbench) -> None:
    bench.project("one", SPEC)
    code, message = refused(bench.codebuild.start_build_batch, projectName="one")
    assert code == "InvalidInputException"
    assert "StartBuildBatch is not on this machine" in message


def test_builds_are_listed_newest_first_and_in_pages(bench: Workbench) -> None:
    bench.project("many", SPEC)
    ids = [bench.start("many") for _ in range(3)]
    for each in ids:
        bench.wait(each)
    codebuild = bench.codebuild
    assert codebuild.list_builds_for_project(projectName="many")["ids"] == ids[::-1]
    assert codebuild.list_builds(sortOrder="ASCENDING")["ids"] == ids
    assert [bench.show(each)["buildNumber"] for each in ids] == [1, 2, 3]
    deleted = codebuild.batch_delete_builds(ids=[ids[0], "many:gone"])
    assert [each["id"] for each in deleted["buildsNotDeleted"]] == ["many:gone"]
    assert codebuild.batch_get_builds(ids=[ids[0]])["buildsNotFound"] == [ids[0]]


def test_one_idempotency_token_starts_one_build(bench: Workbench) -> None:
    bench.project("once", SPEC)
    assert bench.start("once", idempotencyToken="t") == bench.start("once", idempotencyToken="t")
    assert bench.start("once", idempotencyToken="u") != bench.start("once", idempotencyToken="t")


def test_a_retry_runs_the_same_request_again(bench: Workbench) -> None:
    bench.project("again", {"version": "0.2", "phases": {"build": {"commands": ['test "$GOOD" = 1']}}})
    first = bench.start("again", environmentVariablesOverride=[{"name": "GOOD", "value": "1"}])
    bench.wait(first)
    second = bench.codebuild.retry_build(id=first)["build"]["id"]
    assert second != first
    assert bench.wait(second)["buildStatus"] == "SUCCEEDED"


def test_a_concurrent_build_limit_is_kept(bench: Workbench, tmp_path: Path) -> None:
    go = tmp_path / "go"
    waits = {"version": "0.2", "phases": {"build": {"commands": [f"until test -f {go}; do sleep 0.02; done"]}}}
    bench.project("narrow", waits, concurrentBuildLimit=1)
    first = bench.start("narrow")
    assert refused(bench.codebuild.start_build, projectName="narrow")[0] == "AccountLimitExceededException"
    go.touch()
    bench.wait(first)


def test_a_pipelines_project_is_not_started_without_a_pipeline(bench: Workbench) -> None:
    bench.project("piped", SPEC, source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"})
    code, message = refused(bench.codebuild.start_build, projectName="piped")
    assert code == "InvalidInputException"
    assert "start-pipeline-execution" in message


def test_events_tell_each_phase_and_the_end(bench: Workbench) -> None:
    build = bench.run(["false"])
    states = [each for each in bench.bus.published if each["type"] == "CodeBuild Build State Change"]
    assert [each["detail"]["build-status"] for each in states] == ["IN_PROGRESS", "FAILED"]
    assert states[-1]["source"] == "aws.codebuild"
    assert states[-1]["resources"] == [build["arn"]]
    phases = [each["detail"] for each in bench.bus.published if each["type"] == "CodeBuild Build Phase Change"]
    assert ("BUILD", "FAILED") in [(each["completed-phase"], each["completed-phase-status"]) for each in phases]


def test_a_restart_keeps_what_there_is_and_closes_what_was_running(
    bench: Workbench, reopened: Callable[[], Workbench]
) -> None:
    bench.project("kept", SPEC)
    done = bench.wait(bench.start("kept"))
    cut = bench.service.machine.store.get("build", done["id"])
    assert cut
    cut |= {"id": "kept:cut", "buildComplete": False}
    cut |= {"buildStatus": "IN_PROGRESS", "phases": [*cut["phases"][:4], {"phaseType": "BUILD", "startTime": 1.0}]}
    bench.service.machine.store.put("build", "kept:cut", cut, parent="kept")
    again = reopened()
    assert again.show(done["id"])["buildStatus"] == "SUCCEEDED"
    closed = again.show("kept:cut")
    assert (closed["buildStatus"], closed["buildComplete"]) == ("FAULT", True)
    assert "The machine stopped while this build ran" in phase(closed, "BUILD")["contexts"][0]["message"]
    again.service.stop()


def test_the_aws_cli_reads_builds_and_reports(bench: Workbench) -> None:
    build = bench.run(["true"])
    command = [f"{sys.prefix}/bin/aws", "codebuild", "batch-get-builds", "--ids", build["id"]]
    environ = {
        "PATH": "/usr/bin:/bin",
        "AWS_ENDPOINT_URL": bench.home.endpoint_url,
        "AWS_ACCESS_KEY_ID": "AKIAOWNEROWNEROWNERO",
        "AWS_SECRET_ACCESS_KEY": "owner-secret-key",
        "AWS_DEFAULT_REGION": "us-east-1",
        "HOME": str(bench.home.root),
    }
    shown = subprocess.run(
        [*command, "--query", "builds[0].buildStatus"], env=environ, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == '"SUCCEEDED"'


def test_a_build_is_not_stopped_by_an_artifact_that_it_may_not_write(bench: Workbench) -> None:
    """The upload fails as a phase, with S3's own words."""
    bench.project(
        "denied",
        {**SPEC, "artifacts": {"files": ["*"]}, "phases": {"build": {"commands": ["touch a"]}}},
        artifacts={"type": "S3", "location": f"{BUCKET}-nowhere", "name": "a", "packaging": "ZIP"},
    )
    build = bench.wait(bench.start("denied"))
    (context,) = phase(build, "UPLOAD_ARTIFACTS")["contexts"]
    assert "NoSuchBucket" in context["message"]
