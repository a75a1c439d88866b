"""The desk that hands out jobs and takes their results: PutJobSuccessResult, PutJobFailureResult, GetJobDetails."""

import json
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.codepipeline import jobs
from local.codepipeline.engine import Engine
from local.codepipeline.jobs import Job
from local.codepipeline.messages import Failed, Progress, Succeeded
from local.codepipeline.model import Pipeline
from local.codepipeline.roles import Roles
from local.codepipeline.runner import refused_by
from local.codepipeline.settings import Settings
from local.codepipeline.state import ActionRun, ErrorDetails
from local.context import AccessDenied
from local.wire import Fault

MAX_VARIABLES_BYTES = 122_880
Document = dict[str, Any]


class JobDesk:
    def __init__(self, engine: Engine, roles: Roles, settings: Settings) -> None:
        self._engine = engine
        self._store = engine.store
        self._roles = roles
        self._settings = settings
        self._lock = threading.Lock()

    def open(self, pipeline: Pipeline, run: ActionRun) -> None:
        """The action's first job, handed to its function."""
        job = jobs.first(self._engine.world.new_id(), pipeline.name, run)
        self._store.save_jobs(job)
        self._hand_over(pipeline, run, job)

    def details(self, job_id: str) -> Document:
        job, run, pipeline = self._known(job_id)
        world = self._engine.world
        credentials = self._roles.artifact_credentials(pipeline, run)
        return jobs.details(job, run, world.home.account, self._engine.arn(pipeline.name), credentials)

    def succeed(self, given: Document) -> None:
        variables = given.get("outputVariables") or {}
        token = given.get("continuationToken")
        if token and variables:
            raise Fault("ValidationException", "A job that goes on (continuationToken) cannot have outputVariables yet")
        if sum(len(key.encode()) + len(value.encode()) for key, value in variables.items()) > MAX_VARIABLES_BYTES:
            raise Fault(
                "OutputVariablesSizeExceededException",
                f"The output variables are larger than {MAX_VARIABLES_BYTES} bytes",
            )
        job, run, pipeline = self._known(given["jobId"])
        told = given.get("executionDetails") or {}
        if token:
            self._go_on(job, run, pipeline, token, given)
        elif self._close(job, "succeeded", given):
            self._engine.report(
                job.pipeline,
                Succeeded(
                    job.ref,
                    variables,
                    summary=told.get("summary"),
                    external_id=told.get("externalExecutionId"),
                ),
            )

    def fail(self, given: Document) -> None:
        job, _, _ = self._known(given["jobId"])
        failure = given["failureDetails"]
        if self._close(job, "failed", given):
            self._engine.report(
                job.pipeline,
                Failed(
                    job.ref,
                    ErrorDetails(failure["type"], failure["message"]),
                    summary=failure["message"][:2048],
                    external_id=failure.get("externalExecutionId"),
                ),
            )

    def _go_on(self, job: Job, run: ActionRun, pipeline: Pipeline, token: str, given: Document) -> None:
        """The same action under a new job, a moment later."""
        if not self._close(job, "continued", given):
            return
        following = jobs.following(job, self._engine.world.new_id(), token)
        self._store.save_jobs(following)
        told = given.get("executionDetails") or {}
        self._engine.report(
            job.pipeline,
            Progress(
                job.ref,
                summary=told.get("summary"),
                percent=told.get("percentComplete"),
                deadline=self._engine.world.clock() + self._settings.reinvoke_delay + self._settings.job_timeout,
            ),
        )
        timer = threading.Timer(self._settings.reinvoke_delay, self._hand_over, (pipeline, run, following))
        timer.daemon = True
        timer.start()

    def _hand_over(self, pipeline: Pipeline, run: ActionRun, job: Job) -> None:
        """Invoke the function; a refusal ends the action."""
        if self._engine.stopping or not self._runs_still(job):
            return
        refused = self._refusal(lambda: self._invoke(pipeline, run, job))
        if refused is not None:
            self._close(job, "failed", {"refused": refused.message})
            self._engine.report(job.pipeline, Failed(job.ref, refused))

    def _invoke(self, pipeline: Pipeline, run: ActionRun, job: Job) -> None:
        home = self._engine.world.home
        region = run.region or home.region
        credentials = self._roles.artifact_credentials(pipeline, run)
        event = jobs.event(job, run, home.account, credentials, pipeline.store(region).kms_key)
        self._roles.session(pipeline, run).client("lambda").invoke(
            FunctionName=run.resolved["FunctionName"], InvocationType="Event", Payload=json.dumps(event)
        )

    @staticmethod
    def _refusal(invoke: Callable[[], None]) -> ErrorDetails | None:
        try:
            invoke()
        except AccessDenied as error:
            return ErrorDetails("PermissionError", str(error))
        except ClientError as error:
            refused = refused_by(error)
            return ErrorDetails(refused.code, refused.message)
        except BotoCoreError as error:
            return ErrorDetails("SystemUnavailable", str(error))
        return None

    def _known(self, job_id: str) -> tuple[Job, ActionRun, Pipeline]:
        job = self._store.job(job_id)
        if job is None:
            raise Fault("JobNotFoundException", f"There is no job {job_id}")
        state = self._engine.state(job.pipeline)
        return job, state.runs[job.run], state.pipeline

    def _runs_still(self, job: Job) -> bool:
        state = self._engine.states().get(job.pipeline)
        return state is not None and state.runs[job.run].status == "InProgress"

    def _close(self, job: Job, status: jobs.JobStatus, given: Document) -> bool:
        """False when the very same answer was given before; another answer to a closed job is an error."""
        answer = {key: value for key, value in given.items() if key != "jobId"}
        with self._lock:
            job = self._store.job(job.id) or job
            if job.status == "open":
                self._store.save_jobs(job.closed(status, answer))
                return True
            if (job.status, job.answer) == (status, answer):
                return False
        raise Fault("InvalidJobStateException", f"The job {job.id} was already answered ({job.status})")
