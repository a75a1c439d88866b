"""CodePipeline's API: one file per subject, all handlers in one table."""

from collections.abc import Mapping

from local.codepipeline.api import action_types, approvals, executions, history, jobs, pipelines, stages, tags
from local.codepipeline.engine import Engine
from local.codepipeline.jobdesk import JobDesk
from local.wire import Fault, Handler


def handlers(engine: Engine, desk: JobDesk) -> Mapping[str, Handler]:
    return {
        **pipelines.handlers(engine),
        **executions.handlers(engine),
        **stages.handlers(engine),
        **history.handlers(engine),
        **approvals.handlers(engine),
        **jobs.handlers(desk),
        **action_types.handlers(),
        **tags.handlers(engine),
    }


def absent(operation: str) -> Fault:
    """For operations that AWS has and this machine does not: webhooks, custom actions, conditions."""
    return Fault("ValidationException", f"{operation} is not available on this machine")
