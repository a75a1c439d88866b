"""Desired objects + live cluster -> Plan: every object is tried by a server-side dry run, and nothing is written.

What the server would refuse is found here, all of it at once, before the first object is changed.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from deployer.desired import MEMBER_LABEL, Desired, Item
from deployer.errors import Fatal
from deployer.inventory import Journal, Member
from deployer.kube.errors import ApiError
from deployer.kube.verbs import Cluster
from deployer.objects import Identity, Object, key_of

Action = Literal["created", "configured", "unchanged", "deleted", "skipped"]

RECREATE_NOTE = "shipline.dev/recreate"
FORCE_NOTE = "shipline.dev/force-conflicts"
# Losing one of these loses data or what others live in: they are left where they are.
PROTECTED = frozenset({"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim"})
MOST_TOLD = 8


@dataclass(frozen=True)
class Step:
    """One object, and what applying it does."""

    item: Item
    action: Action
    uid: str  # of the live object, "" when there is none
    adopted: bool  # it is there, and no release of ours has written it


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    leaving: tuple[tuple[Member, Action], ...]  # members that the release no longer has: deleted or skipped

    @property
    def counts(self) -> dict[str, int]:
        found = Counter[str](step.action for step in self.steps)
        found.update(action for _, action in self.leaving)
        return dict(found)

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(Member(*key_of(step.item.object), uid=step.uid, adopted=step.adopted) for step in self.steps)


def make_plan(cluster: Cluster, desired: Desired, journal: Journal, member_of: str) -> Plan:
    """The plan; Fatal with every object that the server refuses."""
    ours = {member.identity for member in journal.members}
    tried = cluster.kube.map(lambda item: _try(cluster, item, ours, member_of), desired.items)
    refused = [outcome for outcome in tried if isinstance(outcome, Fatal)]
    if refused:
        raise _together(refused)
    wanted = {item.identity for item in desired.items}
    leaving = tuple((member, _farewell(member)) for member in journal.members if member.identity not in wanted)
    return Plan(tuple(step for step in tried if isinstance(step, Step)), leaving)


def explain(error: ApiError, item: Item) -> Fatal:
    """The server's refusal of an object, in words that tell what to do."""
    fields = error.status.conflicts
    if fields:
        owners = "; ".join(f"{field} ({text})" for field, text in fields)
        return Fatal(
            f"other field managers own what the release sets: {owners}.",
            subject=error.subject,
            remedy=f'Leave the field out, or annotate the object with {FORCE_NOTE}: "true" to take it over.',
        )
    if is_immutable(error):
        return Fatal(
            f"a field that cannot be changed was changed: {_words(error, item)}.",
            subject=error.subject,
            remedy=f'Give the object a new name, or annotate it with {RECREATE_NOTE}: "true" to have it replaced.',
        )
    return Fatal(_words(error, item), subject=error.subject, remedy=error.remedy, kind=error.kind)


def is_immutable(error: ApiError) -> bool:
    return error.status.code == 422 and "field is immutable" in error.status.message


def wants(item: Item, note: str) -> bool:
    return (item.object["metadata"].get("annotations") or {}).get(note) == "true"


def _try(cluster: Cluster, item: Item, ours: set[Identity], member_of: str) -> Step | Fatal:
    key = key_of(item.object)
    if cluster.resources.find(key) is None:
        return Step(item, "created", "", False)  # its definition comes with this release
    live: Object | None = None
    try:
        live = cluster.get(key)
        foreign = _owner(live, member_of, item) if live else None
        if foreign:
            return foreign
        after = cluster.apply(item.object, item.manager, force=wants(item, FORCE_NOTE), dry_run=True)
    except ApiError as error:
        if live and is_immutable(error) and wants(item, RECREATE_NOTE):
            return Step(item, "configured", str(live["metadata"]["uid"]), _adopted(live, item, ours))
        return explain(error, item)
    if live is None:
        return Step(item, "created", "", False)
    action: Action = "unchanged" if _content(live) == _content(after) else "configured"
    return Step(item, action, str(live["metadata"]["uid"]), _adopted(live, item, ours))


def _adopted(live: Object, item: Item, ours: set[Identity]) -> bool:
    return item.identity not in ours and MEMBER_LABEL not in (live["metadata"].get("labels") or {})


def _owner(live: Object, member_of: str, item: Item) -> Fatal | None:
    """Why a live object is not ours to take, if it is not."""
    meta = live["metadata"]
    label = (meta.get("labels") or {}).get(MEMBER_LABEL, member_of)
    notes, wanted = meta.get("annotations") or {}, item.object["metadata"].get("annotations") or {}
    release = notes.get("meta.helm.sh/release-name")
    if label != member_of:
        return Fatal(f"it belongs to another set ({label}).", subject=str(item.identity), remedy="Rename it.")
    if release and release != wanted.get("meta.helm.sh/release-name", release):
        return Fatal(f"it belongs to Helm release {release!r}.", subject=str(item.identity), remedy="Rename it.")
    return None


def _content(item: Object) -> Object:
    """What a change of an object would show in: not the bookkeeping."""
    meta = {k: v for k, v in item["metadata"].items() if k not in ("managedFields", "generation", "resourceVersion")}
    return {**item, "metadata": meta}


def _farewell(member: Member) -> Action:
    return "skipped" if member.kind in PROTECTED else "deleted"


def _words(error: ApiError, item: Item) -> str:
    """The server's message; it may quote what was sent, so that of a Secret is cut to the fields it names."""
    if item.object.get("kind") != "Secret":
        return error.status.message or error.reason
    fields = ", ".join(sorted({field for _, field, _ in error.status.causes if field}))
    return f"the server refused it (HTTP {error.status.code} {error.status.reason}{': ' + fields if fields else ''})"


def _together(refused: list[Fatal]) -> Fatal:
    """One error for all of them."""
    if len(refused) == 1:
        return refused[0]
    told = [str(each) for each in refused[:MOST_TOLD]]
    more = len(refused) - len(told)
    lines = "\n".join([*told, *([f"and {more} more"] if more else [])])
    return Fatal(f"{len(refused)} objects are refused, nothing was changed:\n{lines}", kind=refused[0].kind)
