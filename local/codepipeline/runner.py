"""Has each action done by its provider, in a thread of its own, and reports what came of it.

Begin(run) → provider.start(work) → Done | Refused | Waiting → the engine
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.codepipeline.engine import Engine
from local.codepipeline.messages import Failed, Progress, Ref, Succeeded
from local.codepipeline.model import Pipeline
from local.codepipeline.roles import Roles
from local.codepipeline.state import ActionRun, ErrorDetails, Revision
from local.context import AccessDenied, Credentials
from local.settings import Home

log = logging.getLogger(__name__)

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault", "Forbidden", "403"}


@dataclass(frozen=True)
class Done:
    variables: Mapping[str, str]
    revision: Revision | None = None
    summary: str | None = None


@dataclass(frozen=True)
class Refused:
    """The action failed, for a reason that its provider can name."""

    code: str
    message: str
    summary: str | None = None


@dataclass(frozen=True)
class Waiting:
    """Somebody else ends the action: a function with its job's result, a person with an answer."""


Outcome = Done | Refused | Waiting


@dataclass(frozen=True)
class Work:
    """One attempt of one action, and what its provider may do."""

    home: Home
    pipeline: Pipeline
    run: ActionRun
    roles: Roles
    progress: Callable[[Progress], None]
    wanted: Callable[[], bool]  # False when nobody waits for the action any more

    @property
    def ref(self) -> Ref:
        return Ref(self.run.execution, self.run.id, self.run.attempt)

    def credentials(self) -> Credentials:
        return self.roles.credentials(self.pipeline, self.run)

    def session(self) -> boto3.Session:
        return self.roles.session(self.pipeline, self.run)


Provider = Callable[[Work], Outcome]


class ThreadRunner:
    def __init__(self, home: Home, engine: Engine, roles: Roles, provider: Callable[[ActionRun], Provider]) -> None:
        self._home = home
        self._engine = engine
        self._roles = roles
        self._provider = provider
        self._wanted: set[str] = set()

    def begin(self, pipeline: Pipeline, run: ActionRun) -> None:
        self._wanted.add(run.id)
        thread = threading.Thread(target=self._perform, args=(pipeline, run), name=f"action-{run.action}", daemon=True)
        thread.start()

    def forget(self, run: ActionRun) -> None:
        self._wanted.discard(run.id)

    def _perform(self, pipeline: Pipeline, run: ActionRun) -> None:
        work = Work(
            self._home,
            pipeline,
            run,
            self._roles,
            progress=lambda told: self._engine.report(pipeline.name, told),
            wanted=lambda: run.id in self._wanted and not self._engine.stopping,
        )
        outcome = self._outcome(work)
        if not isinstance(outcome, Waiting):
            self._wanted.discard(run.id)
        self._report(work, outcome)

    def _outcome(self, work: Work) -> Outcome:
        try:
            return self._provider(work.run)(work)
        except AccessDenied as error:
            return Refused("PermissionError", str(error))
        except ClientError as error:
            return refused_by(error)
        except BotoCoreError as error:
            return Refused("SystemUnavailable", str(error))
        except Exception as error:  # the thread's entry: an action must never hang because of a bug of ours
            log.exception("the action %s of %s broke", work.run.action, work.pipeline.name)
            return Refused("SystemUnavailable", f"the machine failed in this action: {type(error).__name__}: {error}")

    def _report(self, work: Work, outcome: Outcome) -> None:
        name, ref = work.pipeline.name, work.ref
        if isinstance(outcome, Done):
            self._engine.report(name, Succeeded(ref, outcome.variables, outcome.revision, outcome.summary))
        elif isinstance(outcome, Refused):
            error = ErrorDetails(outcome.code, outcome.message)
            self._engine.report(name, Failed(ref, error, outcome.summary))


def refused_by(error: ClientError) -> Refused:
    """A refusal of another service in CodePipeline's failure types."""
    told = error.response.get("Error", {})
    code = told.get("Code", "Unknown")
    message = f"{told.get('Message', error)} (Operation: {error.operation_name}; Error Code: {code})"
    return Refused("PermissionError" if code in DENIED else "ConfigurationError", message)
