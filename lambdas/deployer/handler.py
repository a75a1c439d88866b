"""The Lambda entry: one CodePipeline job in, one answer out. The event holds credentials and is never logged."""

import os
import traceback
import uuid
from collections.abc import Mapping
from typing import Any

from deployer.budget import Budget
from deployer.compose import Composed, artifact_of, compose, compose_world
from deployer.errors import DeployError, Fenced
from deployer.flow import deliver
from deployer.job import job_id, read_job
from deployer.outcome import Failed, Outcome
from deployer.world import Request


def handle(event: Mapping[str, Any], context: Any) -> None:
    """Deliver the job's release, and close the job; what the function returns means nothing to CodePipeline."""
    base = compose()
    budget = Budget.of(lambda: context.get_remaining_time_in_millis() / 1000)
    try:
        outcome = run(event, base, budget, os.environ)
    except Fenced:
        base.log.event("fenced", reason="another invocation carries on with this release")
        return
    taken = base.answers.give(job_id(event), outcome)
    base.log.event("answered", outcome=type(outcome).__name__, taken=taken)


def run(event: Mapping[str, Any], base: Composed, budget: Budget, environ: Mapping[str, str]) -> Outcome:
    try:
        job = read_job(event)
        execution, attempt = base.answers.execution(job)
        world = compose_world(base, environ)
        request = Request(
            execution=execution,
            attempt=attempt,
            holder=uuid.uuid4().hex,
            fetch=artifact_of(job, base.clients).fetch,
            release=job.token.release if job.token else 0,
            fence=job.token.fence if job.token else 0,
        )
        try:
            return deliver(world, request, budget)
        finally:
            world.cluster.kube.close()  # a frozen function must not thaw with half-dead connections
    except DeployError as error:
        base.log.event("failed", reason=base.redactor.clean(str(error)))
        return Failed(str(error), error.kind)
    except Fenced:
        raise
    except Exception as error:  # noqa: BLE001 (the one entry point: a bug, too, must end the job)
        where = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        base.log.event("bug", kind=type(error).__name__, at=where, reason=base.redactor.clean(str(error))[:500])
        said = (
            f"The deployer itself failed: {type(error).__name__}: {str(error)[:500]} at {where[-1] if where else '?'}."
        )
        return Failed(f"{said} Next: retry the stage; the function's log has more.")
