import json

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


def test_success_carries_the_outputs():
    taken, told = give(Succeeded(7, "release 7: 1 created", {"release": "7"}))
    assert taken
    assert told[0]["outputVariables"] == {"release": "7"}
    assert told[0]["executionDetails"]["summary"] == "release 7: 1 created"
    assert "continuationToken" not in told[0]


def test_a_continuation_carries_a_token_and_no_outputs():
    _, told = give(Continue(Token(7, "wait", 2), "waiting"))
    assert json.loads(told[0]["continuationToken"]) == {"release": 7, "stage": "wait", "fence": 2}
    assert "outputVariables" not in told[0]


def test_a_failure_is_masked_and_fits():
    _, told = give(Failed("secret " + "x" * 9000 + " the remedy", "PermissionError"))
    details = told[0]["failureDetails"]
    assert details["type"] == "PermissionError"
    assert len(details["message"]) <= 5000
    assert details["message"].startswith("*** x")
    assert details["message"].endswith("the remedy")


def test_a_job_that_somebody_ended_before_is_left_alone():
    assert give(Succeeded(7, "done", {}), closed=True) == (False, [])
