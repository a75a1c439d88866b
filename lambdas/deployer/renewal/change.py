"""An event of EventBridge: a secret of the target may have a new value.

    read      who sent it? only Secrets Manager and the Parameter Store are believed to be worth a look
    look      nothing runs yet, or it has these versions already: nothing to do
    deliver   the running release once more, as a release with a number of its own

Lambda starts an invocation that fails twice more; the event's id is the execution's, so that the next one goes on
where this one stood.
"""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deployer import measures
from deployer.budget import Budget
from deployer.compose import Composed, compose_world
from deployer.errors import DeployError, Fatal
from deployer.flow import deliver
from deployer.outcome import Continue, Failed, Outcome
from deployer.renewal.pods import secrets_of, versions
from deployer.report.story import Story
from deployer.values import replace
from deployer.world import Request, World

SOURCES = frozenset({"aws.secretsmanager", "aws.ssm"})
EXECUTION = "secrets-"  # begins the id of an execution that no pipeline has


class Unfinished(Exception):
    """Lambda is to ask again."""


def is_change(event: Mapping[str, Any]) -> bool:
    return event.get("source") in SOURCES and bool(event.get("id"))


def follow(
    event: Mapping[str, Any],
    base: Composed,
    budget: Budget,
    environ: Mapping[str, str],
    world_of: Callable[[Composed, Mapping[str, str]], Any] = compose_world,
) -> Outcome | None:
    """What became of it, None where there was nothing to do; Unfinished for what another invocation has to go on
    with."""
    story = Story(base.redactor)
    base = replace(base, log=base.log.also(story.hear))
    base.log.event("secret changed", source=str(event["source"]), what=str((event.get("detail") or {}).get("name")))
    try:
        world = world_of(base, environ)
        try:
            outcome = _delivered(world, f"{EXECUTION}{event['id']}", budget, story)
        finally:
            world.cluster.kube.close()
    except DeployError as error:
        outcome = Failed(base.redactor.clean(str(error)), error.kind)
        base.log.event("failed", reason=outcome.message)
    if isinstance(outcome, Continue):
        raise Unfinished(outcome.summary)
    if isinstance(outcome, Failed) and outcome.kind == "SystemUnavailable":
        raise Unfinished(outcome.message)
    base.log.event("answered", outcome=type(outcome).__name__)
    return outcome


def _delivered(world: World, execution: str, budget: Budget, story: Story) -> Outcome | None:
    journal = world.inventory.look()
    if not journal.good:
        return None  # the first release brings it
    stored = world.store.load(journal.set_of(journal.good))
    if versions(secrets_of(stored, world.target.namespace)) == versions(world.vault.secrets()):
        world.log.event("secrets unchanged", release=journal.good)
        return None
    request = Request(execution, attempt=execution, holder=uuid.uuid4().hex, fetch=_nothing, renew=True)
    outcome = deliver(world, request, budget)
    if world.target.metrics:
        now = world.log.clock()
        found = measures.measured(story.lines, outcome, "", now)
        measures.tell(world.log, world.target.service, world.target.label, found, now)
    return outcome


def _nothing(folder: Path) -> None:
    raise Fatal("a release that runs is delivered once more from what was stored of it.", kind="ConfigurationError")
