"""CodePipeline's side: the event of a Lambda action, never logged, and the one answer that ends its job."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, assert_never

from deployer.errors import Fatal
from deployer.outcome import Continue, Failed, Outcome, Succeeded, Token
from deployer.report import LONGEST, LONGEST_SUMMARY, shortened
from deployer.values import asdict, dataclass

PLAN = "Plan-"  # begins the name of the artifact that holds a plan which somebody has read


@dataclass(frozen=True)
class Artifact:
    """Where one of the action's artifacts lies, or is to lie."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class ArtifactKeys:
    """Credentials of the job for its artifacts; their repr shows nothing."""

    access_key: str
    secret_key: str
    session_token: str

    def __repr__(self) -> str:
        return "ArtifactKeys(…)"


@dataclass(frozen=True)
class Job:
    id: str
    artifact: Artifact
    keys: ArtifactKeys
    parameters: Mapping[str, str]  # the action's UserParameters
    token: Token | None
    read: Artifact | None = None  # the plan that an approval showed
    output: Artifact | None = None  # where the report goes
    encryption: str = ""  # the KMS key of the artifact store, if it has one

    def mode(self, known: Collection[str]) -> str:
        """What it asks for; Fatal for what is not known."""
        mode = self.parameters.get("mode", "deploy")
        if mode not in known:
            raise Fatal(
                f"there is no mode {mode!r}; there are {', '.join(known)}.",
                remedy="Deploy the stack again (`cdk deploy --all`).",
                kind="ConfigurationError",
            )
        return mode


def read_job(event: Mapping[str, Any]) -> Job:
    """The job in a Lambda event; Fatal when it is none that can be answered for."""
    try:
        job = event["CodePipeline.job"]
        data = job["data"]
        inputs = {str(each["name"]): _place(each) for each in data["inputArtifacts"]}
        outputs = [_place(each) for each in data.get("outputArtifacts") or []]
        keys = data["artifactCredentials"]
        parameters = json.loads(data["actionConfiguration"]["configuration"].get("UserParameters") or "{}")
        token = data.get("continuationToken")
        return Job(
            id=str(job["id"]),
            artifact=next(place for name, place in inputs.items() if not name.startswith(PLAN)),
            keys=ArtifactKeys(keys["accessKeyId"], keys["secretAccessKey"], keys.get("sessionToken") or ""),
            parameters={str(name): str(value) for name, value in parameters.items()},
            token=Token(**json.loads(token)) if token else None,
            read=next((place for name, place in inputs.items() if name.startswith(PLAN)), None),
            output=outputs[0] if outputs else None,
            encryption=str((data.get("encryptionKey") or {}).get("id") or ""),
        )
    except (KeyError, StopIteration, TypeError, ValueError, AttributeError) as error:
        # The error may quote the event, so only its kind is told.
        raise Fatal(
            f"not a CodePipeline job for this function ({type(error).__name__}).",
            remedy="It needs one input artifact, and UserParameters that are a JSON object.",
            kind="ConfigurationError",
        ) from None


def _place(artifact: Mapping[str, Any]) -> Artifact:
    location = artifact["location"]["s3Location"]
    return Artifact(str(location["bucketName"]), str(location["objectKey"]))


def job_id(event: Mapping[str, Any]) -> str:
    """The id alone, of an event that may be wrong otherwise; empty when there is none."""
    job = event.get("CodePipeline.job")
    return str(job.get("id") or "") if isinstance(job, dict) else ""


@dataclass(frozen=True)
class Answers:
    """`client` is boto3's for CodePipeline; `clean` masks what people will read."""

    client: Any
    clean: Callable[[str], str]

    def execution(self, job: Job) -> tuple[str, str]:
        """(pipeline execution, action execution): the event tells neither."""
        context = self.client.get_job_details(jobId=job.id)["jobDetails"]["data"]["pipelineContext"]
        attempt = str((context.get("action") or {}).get("actionExecutionId") or job.id)
        return str(context.get("pipelineExecutionId") or job.parameters.get("execution") or ""), attempt

    def give(self, job: str, outcome: Outcome) -> bool:
        """End the job, or hand it to the next invocation; False when it was ended by somebody else before."""
        try:
            self._give(job, outcome)
        except (self.client.exceptions.InvalidJobStateException, self.client.exceptions.JobNotFoundException):
            return False
        return True

    def _give(self, job: str, outcome: Outcome) -> None:
        match outcome:
            case Succeeded():
                self.client.put_job_success_result(
                    jobId=job,
                    executionDetails={
                        "summary": shortened(self.clean(outcome.summary), LONGEST_SUMMARY),
                        "externalExecutionId": outcome.id or f"release-{outcome.number}",
                        "percentComplete": 100,
                    },
                    outputVariables=dict(outcome.outputs),
                )
            case Continue():
                self.client.put_job_success_result(
                    jobId=job,
                    continuationToken=json.dumps(asdict(outcome.token)),
                    executionDetails={"summary": shortened(self.clean(outcome.summary), LONGEST_SUMMARY)},
                )
            case Failed():
                message = shortened(self.clean(outcome.message), LONGEST)
                self.client.put_job_failure_result(jobId=job, failureDetails={"type": outcome.kind, "message": message})
            case _:
                assert_never(outcome)
