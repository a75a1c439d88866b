"""Jobs: what an Invoke action hands to its function, one at a time, until one of them ends the action."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from local.codepipeline.messages import Ref
from local.codepipeline.model import ActionType
from local.codepipeline.state import ActionRun, Location

JobStatus = Literal["open", "continued", "succeeded", "failed"]
Document = dict[str, Any]


@dataclass(frozen=True)
class Job:
    id: str
    pipeline: str
    execution: str
    run: str
    attempt: int
    continuation: str | None
    status: JobStatus = "open"
    answer: Mapping[str, Any] | None = None  # what closed it, to know a repeated answer from another one

    @property
    def ref(self) -> Ref:
        return Ref(self.execution, self.run, self.attempt)

    def closed(self, status: JobStatus, answer: Mapping[str, Any]) -> "Job":
        return replace(self, status=status, answer=answer)


def first(job: str, pipeline: str, run: ActionRun) -> Job:
    return Job(job, pipeline, run.execution, run.id, run.attempt, None)


def following(job: Job, new: str, continuation: str) -> Job:
    """The next job of the same action, under an id of its own."""
    return replace(job, id=new, continuation=continuation, status="open", answer=None)


@dataclass(frozen=True)
class ArtifactCredentials:
    access_key: str
    secret_key: str
    session_token: str

    def document(self) -> Document:
        return {
            "secretAccessKey": self.secret_key,
            "sessionToken": self.session_token,
            "accessKeyId": self.access_key,
        }


def data(job: Job, run: ActionRun, credentials: ArtifactCredentials, kms_key: str | None) -> Document:
    """The `data` of a job event."""
    found: Document = {
        "actionConfiguration": {"configuration": dict(run.resolved)},
        "inputArtifacts": _artifacts(run.inputs),
        "outputArtifacts": _artifacts(run.outputs),
        "artifactCredentials": credentials.document(),
    }
    if job.continuation is not None:
        found["continuationToken"] = job.continuation
    if kms_key:
        found["encryptionKey"] = {"id": kms_key, "type": "KMS"}
    return found


def event(job: Job, run: ActionRun, account: str, credentials: ArtifactCredentials, kms_key: str | None) -> Document:
    """What the function is invoked with."""
    return {"CodePipeline.job": {"id": job.id, "accountId": account, "data": data(job, run, credentials, kms_key)}}


def details(job: Job, run: ActionRun, account: str, arn: str, credentials: ArtifactCredentials) -> Document:
    """What GetJobDetails answers."""
    kind: ActionType = run.type
    return {
        "id": job.id,
        "accountId": account,
        "data": {
            "actionTypeId": kind.document(),
            "pipelineContext": {
                "pipelineName": job.pipeline,
                "stage": {"name": run.stage},
                "action": {"name": run.action, "actionExecutionId": run.id},
                "pipelineArn": arn,
                "pipelineExecutionId": run.execution,
            },
            **data(job, run, credentials, None),
        },
    }


def _artifacts(locations: Mapping[str, Location]) -> list[Document]:
    return [
        {
            "location": {"s3Location": {"bucketName": where.bucket, "objectKey": where.key}, "type": "S3"},
            "revision": None,
            "name": name,
        }
        for name, where in locations.items()
    ]
