"""The Lambda entry: one CodePipeline job in, one answer out; or word that a secret has changed, which nobody waits for
an answer to. The event holds credentials and is never logged."""

import os
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from deployer.budget import Budget
from deployer.compose import Composed, artifact_of, compose, compose_world
from deployer.errors import DeployError, Fenced
from deployer.job import Job, job_id, read_job
from deployer.modes import Task, perform
from deployer.outcome import Continue, Failed, Outcome
from deployer.reach import Reach
from deployer.renewal.change import follow, is_change
from deployer.report.publish import published
from deployer.report.story import Story
from deployer.values import replace
from deployer.world import World

if TYPE_CHECKING:
    from deployer.gitops.site import Site


def handle(event: Mapping[str, Any], context: Any, reached: Reach | None = None) -> None:
    """Do what the job asks for, and close the job; what the function returns means nothing to CodePipeline."""
    base = compose(reached)
    budget = Budget.of(lambda: context.get_remaining_time_in_millis() / 1000)
    if is_change(event):
        _follow(event, base, budget)
        return
    try:
        outcome = run(event, base, budget, os.environ)
    except Fenced:
        base.log.event("fenced", reason="another invocation carries on with this release")
        return
    taken = base.answers.give(job_id(event), outcome)
    base.log.event("answered", outcome=type(outcome).__name__, taken=taken)


def _follow(event: Mapping[str, Any], base: Composed, budget: Budget) -> None:
    try:
        follow(event, base, budget, os.environ)
    except Fenced:
        base.log.event("fenced", reason="another invocation carries on with this release")


def run(
    event: Mapping[str, Any],
    base: Composed,
    budget: Budget,
    environ: Mapping[str, str],
    world_of: "Callable[[Composed, Mapping[str, str]], World | Site]" = compose_world,
) -> Outcome:
    """The job's outcome, and its report in the action's output artifact once there is nothing left to do."""
    story = Story(base.redactor)
    base = replace(base, log=base.log.also(story.hear))
    try:
        job = read_job(event)
    except DeployError as error:
        return _failed(base, error)
    base.redactor.learn([job.keys.access_key, job.keys.secret_key, job.keys.session_token])
    outcome = _guarded(base, lambda: _performed(job, base, budget, lambda: world_of(base, environ), story))
    if job.output is None or isinstance(outcome, Continue):
        return outcome
    return _guarded(base, lambda: _published(outcome, story, job, base), instead=outcome)


def _performed(job: Job, base: Composed, budget: Budget, made: "Callable[[], World | Site]", story: Story) -> Outcome:
    try:
        execution, attempt = base.answers.execution(job)
        story.tell(execution=execution, attempt=attempt, artifact=str(job.artifact))
        world = made()
        target = world.target
        story.tell(service=target.service, environment=target.label, namespace=target.namespace, cluster=target.cluster)
        try:
            if target.gitops:
                from deployer.gitops import modes

                return modes.perform(modes.Task(base, job, cast("Site", world), execution, attempt, budget, story))
            return perform(Task(base, job, cast(World, world), execution, attempt, budget, story))
        finally:
            world.cluster.kube.close()  # a frozen function must not thaw with half-dead connections
    except DeployError as error:
        return _failed(base, error)


def _published(outcome: Outcome, story: Story, job: Job, base: Composed) -> Outcome:
    assert job.output is not None
    place = artifact_of(job, base.clients, job.output)
    return published(outcome, story, place, str(job.output), base.log)


def _failed(base: Composed, error: DeployError) -> Failed:
    reason = base.redactor.clean(str(error))
    base.log.event("failed", reason=reason)
    return Failed(reason, error.kind)


def _guarded(base: Composed, work: Callable[[], Outcome], instead: Outcome | None = None) -> Outcome:
    """A bug, too, ends the job: with `instead`, or with words that tell where it is."""
    try:
        return work()
    except Fenced:
        raise
    except Exception as error:  # noqa: BLE001 (the one entry point)
        where = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        reason = base.redactor.clean(str(error))[:500]
        base.log.event("bug", kind=type(error).__name__, at=where, reason=reason)
        said = f"The deployer itself failed: {type(error).__name__}: {reason} at {where[-1] if where else '?'}."
        return instead or Failed(f"{said} Next: retry the stage; the function's log has more.")
