import json

import botocore.session
import pytest

from deployer.errors import Fatal
from deployer.job import Answers, job_id, read_job
from deployer.outcome import Continue, Failed, Succeeded, Token

EVENT = {
    "CodePipeline.job": {
        "id": "11111111-2222-3333-4444-555555555555",
        "accountId": "123456789012",
        "data": {
            "actionConfiguration": {
                "configuration": {"FunctionName": "fn", "UserParameters": '{"execution": "e", "commit": "c"}'}
            },
            "inputArtifacts": [
                {
                    "location": {"s3Location": {"bucketName": "b", "objectKey": "demo/Release/abc1234"}, "type": "S3"},
                    "revision": None,
                    "name": "Release",
                }
            ],
            "outputArtifacts": [],
            "artifactCredentials": {"secretAccessKey": "CANARY", "sessionToken": "CANARY-TOKEN", "accessKeyId": "AK"},
        },
    }
}


class CodePipeline:
    """Remembers what it was told."""

    class exceptions:  # noqa: N801 (boto3's name)
        class InvalidJobStateException(Exception): ...

        class JobNotFoundException(Exception): ...

    def __init__(self, closed=False):
        self.told = []
        self.closed = closed

    def put_job_success_result(self, **told):
        if self.closed:
            raise self.exceptions.InvalidJobStateException
        self.told.append(told)

    def put_job_failure_result(self, **told):
        if self.closed:
            raise self.exceptions.InvalidJobStateException
        self.told.append(told)

    def get_job_details(self, jobId):  # noqa: N803 (boto3's name)
        context = {"pipelineExecutionId": "pe", "action": {"name": "Deploy", "actionExecutionId": "ae"}}
        return {"jobDetails": {"id": jobId, "data": {"pipelineContext": context}}}


def give(outcome, **options):
    client = CodePipeline(**options)
    taken = Answers(client, lambda text: text.replace("secret", "***")).give("j", outcome)
    return taken, client.told


def test_a_job_is_read_from_the_event():
    job = read_job(EVENT)
    assert (job.artifact.bucket, job.artifact.key) == ("b", "demo/Release/abc1234")
    assert job.parameters == {"execution": "e", "commit": "c"}
    assert job.token is None
    assert "CANARY" not in repr(job)


def test_a_continued_job_names_its_release():
    event = json.loads(json.dumps(EVENT))
    event["CodePipeline.job"]["data"]["continuationToken"] = '{"release": 12, "stage": "wait", "fence": 3}'
    assert read_job(event).token == Token(12, "wait", 3)


@pytest.mark.parametrize("broken", [{}, {"CodePipeline.job": {"id": "x", "data": {"artifactCredentials": "CANARY"}}}])
def test_an_event_that_is_no_job_is_refused_without_quoting_it(broken):
    with pytest.raises(Fatal) as caught:
        read_job(broken)
    assert "CANARY" not in str(caught.value)
    assert job_id(broken) in ("", "x")


def test_the_execution_is_asked_for():
    assert Answers(CodePipeline(), str).execution(read_job(EVENT)) == ("pe", "ae")


def with_artifacts(**more):
    """An event with an approved plan beside the release, and a place for the report."""
    event = json.loads(json.dumps(EVENT))
    data = event["CodePipeline.job"]["data"]
    place = {"location": {"s3Location": {"bucketName": "b", "objectKey": "demo/Plan-prod/p"}, "type": "S3"}}
    data["inputArtifacts"].insert(0, {**place, "revision": None, "name": "Plan-prod"})
    out = {"location": {"s3Location": {"bucketName": "b", "objectKey": "demo/Report-pro/r"}, "type": "S3"}}
    data["outputArtifacts"] = [{**out, "revision": None, "name": "Report-prod"}]
    data.update(more)
    return event


def test_the_plan_that_was_read_and_the_place_of_the_report_are_told_from_the_release():
    job = read_job(with_artifacts(encryptionKey={"id": "arn:key", "type": "KMS"}))
    assert str(job.artifact) == "s3://b/demo/Release/abc1234"
    assert str(job.read) == "s3://b/demo/Plan-prod/p"
    assert str(job.output) == "s3://b/demo/Report-pro/r"
    assert job.encryption == "arn:key"
    assert (read_job(EVENT).read, read_job(EVENT).output) == (None, None)


def test_an_event_without_a_release_is_refused():
    event = with_artifacts()
    del event["CodePipeline.job"]["data"]["inputArtifacts"][1]
    with pytest.raises(Fatal):
        read_job(event)


LONG = "x" * 9000
LONGEST = [Succeeded(7, LONG, {"a": "b"}), Failed(LONG), Continue(Token(7, "wait", 2, "m" * 64), LONG)]


@pytest.mark.parametrize("outcome", LONGEST, ids=lambda outcome: type(outcome).__name__)
def test_every_answer_is_one_that_codepipeline_takes(outcome):
    _, told = give(outcome)
    model = botocore.session.get_session().get_service_model("codepipeline")
    name = "PutJobFailureResult" if isinstance(outcome, Failed) else "PutJobSuccessResult"
    within(told[0], model.operation_model(name).input_shape)


def within(value, shape):
    """AssertionError where a text is longer than the service takes, or a member is none of its own."""
    if shape.type_name == "structure":
        for name, each in value.items():
            within(each, shape.members[name])
    elif shape.type_name == "map":
        for name, each in value.items():
            within(name, shape.key)
            within(each, shape.value)
    elif shape.type_name == "string":
        assert shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", 10**9), shape.name
        assert not shape.enum or value in shape.enum


def test_success_carries_the_outputs():
    taken, told = give(Succeeded(7, "release 7: 1 created", {"release": "7"}))
    assert taken
    assert told[0]["outputVariables"] == {"release": "7"}
    assert told[0]["executionDetails"]["summary"] == "release 7: 1 created"
    assert "continuationToken" not in told[0]


def test_a_continuation_carries_a_token_and_no_outputs():
    _, told = give(Continue(Token(7, "wait", 2), "waiting"))
    assert json.loads(told[0]["continuationToken"]) == {"release": 7, "stage": "wait", "fence": 2, "mac": ""}
    assert "outputVariables" not in told[0]


def test_a_failure_is_masked_and_fits():
    _, told = give(Failed("secret " + "x" * 9000 + " the remedy", "PermissionError"))
    details = told[0]["failureDetails"]
    assert details["type"] == "PermissionError"
    assert len(details["message"]) <= 5000
    assert details["message"].startswith("*** x")
    assert details["message"].endswith("the remedy")


@pytest.mark.parametrize("outcome", [Succeeded(7, "done", {}), Failed("why"), Continue(Token(7, "wait", 1), "so far")])
def test_a_job_that_somebody_ended_before_is_left_alone(outcome):
    assert give(outcome, closed=True) == (False, [])


def test_the_same_answer_given_twice_is_the_same_answer():
    client = CodePipeline()
    answers = Answers(client, str)
    outcome = Succeeded(7, "release 7: 1 created", {"release": "7"})
    assert answers.give("j", outcome)
    assert answers.give("j", outcome)
    assert client.told[0] == client.told[1]
