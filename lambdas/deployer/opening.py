"""What a release finds out before it opens its record: Helm's revisions, secrets to be masked, what is to be done."""

from collections.abc import Iterable, Mapping

from deployer import report
from deployer.desired import Desired, Item
from deployer.errors import Fatal
from deployer.hidden import may_tell
from deployer.inventory import FINAL, Journal
from deployer.objects import Identity
from deployer.plan import Plan, moved
from deployer.planning import Planner, taken
from deployer.survey import survey
from deployer.values import dataclass
from deployer.world import Request, World, same_artifact


def foresee(world: World, desired: Desired, journal: Journal) -> tuple[Mapping[str, int], Journal]:
    """The Helm revisions to be, and the journal with what Helm brought meanwhile."""
    if not (desired.charts or journal.revisions):
        return {}, journal
    from deployer.helm import stages  # 40 ms of imports, only where there are charts

    return stages.foresee(world.cluster, world.records, desired, journal, world.target.namespace)


def learn(world: World, items: Iterable[Item]) -> None:
    """Have every secret of a set masked, before anything is said of it; the other documents are not read for that."""
    world.redactor.learn_objects(item.object for item in items if item.is_read or "Secret" in item.key.kind)


def learn_set(world: World, desired: Desired) -> None:
    """The same of a set with its charts, whose hooks may be secrets, too."""
    learn(world, desired.items)
    world.redactor.learn_objects(hook.object for chart in desired.charts for hook in chart.hooks)


def learn_all(world: World, desired: Desired) -> None:
    """All that may be a secret in a set, since its pods are about to speak: reads what may hold any."""
    learn_set(world, desired)
    unread = (item for item in desired.items if not item.is_read and item.document)
    world.redactor.learn_objects(item.object for item in unread if item.document and may_tell(item.document.text))


def planner_of(world: World) -> Planner:
    target = world.target
    return Planner(
        world.cluster, world.inventory, target.prune_share, lambda items: learn(world, items), target.force_conflicts
    )


@dataclass(frozen=True)
class Todo:
    """What is to be applied, and from whom fields are taken over."""

    items: tuple[Item, ...]
    taken: Mapping[Identity, frozenset[str]]

    @classmethod
    def of(cls, plan: Plan) -> "Todo":
        steps = [step for step in plan.steps if step.action in ("created", "configured")]
        return cls(tuple(step.item for step in steps), {step.item.identity: step.taken for step in steps if step.taken})

    def without(self, identity: Identity) -> "Todo":
        """All but one object."""
        return Todo(tuple(item for item in self.items if item.identity != identity), self.taken)

    @classmethod
    def left(cls, world: World, desired: Desired, journal: Journal) -> "Todo":
        """What a new look finds after an invocation that was cut short."""
        found = survey(world.cluster, world.inventory, desired, journal).open
        return cls(tuple(each.item for each in found), {each.item.identity: taken(each) for each in found})


def proven(plan: Plan, journal: Journal) -> frozenset[Identity]:
    """The objects of a plan that does nothing which have not moved since the last release found them healthy.

    Where something is done, what was healthy may not stay so: then everything is looked at.
    """
    if not (plan.idle and journal.judged):
        return frozenset()
    versions = {member.identity: member.resource_version for member in journal.members}
    return frozenset(
        step.item.identity
        for step in plan.steps
        if step.seen and step.seen.resource_version == versions.get(step.item.identity)
    )


def refuse_another_artifact(request: Request, journal: Journal, number: int) -> None:
    """What a release was begun from is what it goes on with, and what it is retried from."""
    if journal.number == number and not same_artifact(journal.artifact, request.seal()):
        raise Fatal(
            "it is not the one that this release was begun from: it was replaced meanwhile.",
            subject="the input artifact",
            remedy="Look who may write to the artifact bucket, and release anew.",
        )


def refuse_another_plan(request: Request, plan: Plan, journal: Journal, number: int) -> None:
    """What somebody read is what is carried out, or nothing is; what an attempt began of it is no change."""
    begun = journal.number == number and (journal.stage not in FINAL or not journal.good)
    if begun or not request.plan or request.plan == plan.digest:
        return
    told = moved(request.read, plan.document()) if request.read else []
    raise Fatal(
        "the cluster, or what would be sent to it, is not what it was when the plan was read"
        + (":\n" + "\n".join(told) if told else f"; the plan is now: {report.counts(plan.counts)}."),
        subject=f"plan {request.plan[:12]}",
        remedy="Read the plan anew, then deliver.",
    )
