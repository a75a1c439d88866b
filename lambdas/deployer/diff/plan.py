"""A plan's steps -> differences, once every secret on either side is known."""

from collections.abc import Iterable, Mapping

from deployer.diff.brief import brief
from deployer.diff.cover import Cover
from deployer.diff.model import ObjectDiff, cleaned, compared
from deployer.inventory import Member
from deployer.objects import Key
from deployer.plan import Action, Plan, Step
from deployer.redact import Redactor
from deployer.values import replace

ORDER_ONLY = "only the order of a list changes"
UNSEEN = "what changes was not asked of the server"


def of_plan(
    plan: Plan, redactor: Redactor, tags: Mapping[str, str] | None = None, cover: Cover | None = None
) -> tuple[ObjectDiff, ...]:
    """`tags` gives an image's tag by its digest. The redactor learns the values of all Secrets, the live ones too."""
    cover, tags = cover or Cover(redactor), tags or {}
    moved = [step for step in plan.steps if step.action != "unchanged"]  # the others need not be read
    known = [each for step in moved for each in (step.item.object, step.before, step.after) if each]
    redactor.learn_objects(known)
    return (
        *(_of_step(step, cover, tags) for step in plan.steps),
        *_leaving(plan.leaving, cover),
    )


def _of_step(step: Step, cover: Cover, tags: Mapping[str, str]) -> ObjectDiff:
    if step.action == "unchanged":
        return _named(step.item.key, step.action, cover)
    if step.action == "created":
        found = compared(None, step.after or step.item.object, step.action, cover)
        return replace(found, brief=brief(found.after or {}, tags))
    found = compared(step.before, step.after or step.item.object, step.action, cover, tags)
    if not found.fields:
        return replace(found, brief=ORDER_ONLY if step.before and step.after else UNSEEN)
    return found


def _leaving(leaving: Iterable[tuple[Member, Action]], cover: Cover) -> Iterable[ObjectDiff]:
    for member, action in leaving:
        yield _named(member.key, action, cover)


def _named(key: Key, action: Action, cover: Cover) -> ObjectDiff:
    kind, name, group, namespace = (cleaned(text, cover) for text in (key.kind, key.name, key.group, key.namespace))
    return ObjectDiff(kind, name, group, namespace, action)
