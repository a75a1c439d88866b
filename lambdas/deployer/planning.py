"""Desired objects + live cluster -> Plan: what moved is tried by a server-side dry run, and nothing is written.

What the server would refuse is found here, all of it at once, before the first object is changed. Objects that are
there are tried each. Of those that are not, all are tried while there are at most MOST_ALIKE of a shape (a kind with
the same fields of the same types), else the first of them: a creation hurts nothing that runs, and one that is refused
while applying turns the release round.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from deployer.desired import HELM_MANAGER, MEMBER_LABEL, Desired, Item, content_of
from deployer.errors import Fatal
from deployer.inventory import Inventory, Journal, Member
from deployer.kube.client import Call
from deployer.kube.errors import ApiError
from deployer.kube.verbs import Cluster
from deployer.memory import remembered
from deployer.objects import Identity, Object
from deployer.plan import Action, Pinned, Plan, Step
from deployer.prune import refuse_wholesale
from deployer.refusals import FORCE_NOTE, RECREATE_NOTE, explain, is_immutable, together, wants
from deployer.stages import check_waves
from deployer.survey import Found, Survey, survey
from deployer.takeover import legacy
from deployer.values import dataclass

if TYPE_CHECKING:
    from deployer.helm.chart import Chart

MOST_ALIKE = 20
Answer = Object | ApiError


@dataclass(frozen=True)
class Planner:
    cluster: Cluster
    inventory: Inventory
    share: float  # of the members that one release may delete
    learn: Callable[[Iterable[Item]], None]  # told what is about to be sent, before the server says anything of it
    force: bool = False  # no conflict is one

    def plan(self, desired: Desired, journal: Journal, *, diff: bool = False, verify_all: bool = False) -> Plan:
        """The plan; Fatal with every object that the server refuses. `diff`: with both sides of each change."""
        found = survey(self.cluster, self.inventory, desired, journal, verify_all=verify_all)
        refuse_wholesale(found.leaving, len(journal.members), self.share)
        if found.open or found.leaving:
            self.learn(desired.items)
            check_waves(each.item for each in found.open)
        tried = self._try(found, diff)
        steps = [tried.get(item.identity) or self._unchanged(item, found) for item in desired.items]
        leaving: list[tuple[Member, Action]] = [(member, "deleted") for member in found.leaving]
        leaving += [(member, "skipped") for member in found.kept]
        first = not journal.members
        pinned = pinned_of(desired.charts, b"" if first else self.inventory.key)
        return Plan(tuple(steps), tuple(leaving), found.gone, first, pinned)

    def _unchanged(self, item: Item, found: Survey) -> Step:
        seen = found.unchanged[item.identity]
        return Step(item, "unchanged", seen.uid, seen.adopted, seen=seen)

    def _try(self, found: Survey, diff: bool) -> dict[Identity, Step]:
        served = [each for each in found.open if self.cluster.resources.find(each.item.key)]
        there = [each for each in served if each.meta]
        refused = [error for each in there if (error := foreign(each, self.inventory.id))]
        if not refused:
            answers = self._dry_run([*there, *samples([each for each in served if not each.meta])], diff)
            alike = [each for each in there if _seems_unchanged(each, answers)]
            live = self._get(there if diff else alike)
            same = self._same(alike, live, answers if diff else self._send(alike, True, force=False))
            steps = [self._step(each, answers, live, same, diff) for each in found.open]
            refused = [step for step in steps if isinstance(step, Fatal)]
        if refused:
            raise together(refused)
        return {step.item.identity: step for step in steps if isinstance(step, Step)}

    def _dry_run(self, wanted: list[Found], diff: bool) -> dict[Identity, Answer]:
        """What the server would make of each. A conflict with what we are to take over is none."""
        first = self._send(wanted, diff, force=False)
        again = [each for each in wanted if _ours_to_take(each, first[each.item.identity])]
        return {**first, **self._send(again, diff, force=True)}

    def _send(self, wanted: list[Found], diff: bool, *, force: bool) -> dict[Identity, Answer]:
        def call(item: Item) -> Call:
            forced = force or self.force or wants(item, FORCE_NOTE)
            return self.cluster.apply_call(
                item.object, item.manager, force=forced, dry_run=True, metadata_only=not diff
            )

        answers = self.cluster.kube.many(call(each.item) for each in wanted)
        return {each.item.identity: answer for each, answer in zip(wanted, answers, strict=True)}

    def _get(self, wanted: list[Found]) -> dict[Identity, Answer]:
        calls = [Call("GET", self.cluster.path(each.item.key), str(each.item.key)) for each in wanted]
        answers = self.cluster.kube.many(calls)
        return {each.item.identity: answer for each, answer in zip(wanted, answers, strict=True)}

    def _same(self, alike: list[Found], live: dict[Identity, Answer], after: dict[Identity, Answer]) -> set[Identity]:
        """Those that a dry run really leaves as they are: the times in an entry count seconds, which is too coarse."""
        both = [(identity, live[identity], after[identity]) for identity in (each.item.identity for each in alike)]
        return {
            identity
            for identity, one, other in both
            if isinstance(one, dict) and isinstance(other, dict) and _content(one) == _content(other)
        }

    def _step(
        self,
        each: Found,
        answers: dict[Identity, Answer],
        live: dict[Identity, Answer],
        same: set[Identity],
        diff: bool,
    ) -> Step | Fatal:
        item, after = each.item, answers.get(each.item.identity)
        if isinstance(after, ApiError) and not (each.meta and is_immutable(after) and wants(item, RECREATE_NOTE)):
            return explain(after, item)
        shown = after if diff and isinstance(after, dict) else None
        if each.meta is None or after is None:
            return Step(item, "created", "", False, None, shown)
        found = live.get(item.identity)
        before, uid = found if isinstance(found, dict) else None, str(each.meta["uid"])
        if item.identity in same:
            seen = remembered(item, each.meta, self.inventory.key, adopted=each.adopted)
            return Step(item, "unchanged", uid, each.adopted, before, shown, seen)
        return Step(item, "configured", uid, each.adopted, before, shown, taken=taken(each))


def pinned_of(charts: "Iterable[Chart]", key: bytes) -> tuple[Pinned, ...]:
    """The hooks and definitions of charts: what is read of them is what is carried out, too."""
    brought: list[tuple[str, Literal["hook", "definition"], Object]] = []
    for chart in charts:
        brought += [(chart.release, "hook", hook.object) for hook in chart.hooks]
        brought += [(chart.release, "definition", definition) for definition in chart.definitions]
    return tuple(
        Pinned(release, what, str(item["kind"]), str(item["metadata"]["name"]), content_of(key, HELM_MANAGER, item))
        for release, what, item in brought
    )


def samples(new: Iterable[Found]) -> list[Found]:
    """Those of the objects to be created that are tried."""
    kinds: dict[tuple[str, str, str], list[Found]] = defaultdict(list)
    for each in new:
        kinds[each.item.key[:3]].append(each)
    return [one for alike in kinds.values() for one in _sample(alike)]


def _sample(alike: list[Found]) -> list[Found]:
    if len(alike) <= MOST_ALIKE:
        return alike
    shapes: dict[Any, list[Found]] = defaultdict(list)
    for each in alike:
        shapes[shape(each.item.object)].append(each)
    return [one for each in shapes.values() for one in (each if len(each) <= MOST_ALIKE else each[:1])]


def shape(value: Any) -> Any:
    """The paths of a value and the types at their ends, as something that can be hashed."""
    if isinstance(value, dict):
        return frozenset((name, shape(below)) for name, below in value.items())
    if isinstance(value, list):
        return ("[]", frozenset(shape(below) for below in value))
    return type(value)


def foreign(each: Found, member_of: str) -> Fatal | None:
    """Why a live object is not ours to take, if it is not. Pure."""
    meta, item = each.meta or {}, each.item
    label = (meta.get("labels") or {}).get(MEMBER_LABEL, member_of)
    notes = meta.get("annotations") or {}
    release = notes.get("meta.helm.sh/release-name")
    wanted = (item.object["metadata"].get("annotations") or {}).get("meta.helm.sh/release-name", release)
    if label != member_of:
        return Fatal(f"it belongs to another set ({label}).", subject=str(item.identity), remedy="Rename it.")
    if release and release != wanted:
        return Fatal(f"it belongs to Helm release {release!r}.", subject=str(item.identity), remedy="Rename it.")
    return None


def _seems_unchanged(each: Found, answers: dict[Identity, Answer]) -> bool:
    """Whether a dry run left what shows a change: the managers' entries with their times, generation, notes."""
    after = answers.get(each.item.identity)
    if each.meta is None or not isinstance(after, dict) or each.meta.get("deletionTimestamp"):
        return False  # one that is on its way out is to be made again
    return bool(_traces(each.meta, each.item.manager) == _traces(after["metadata"], each.item.manager))


def _traces(meta: Object, manager: str) -> Any:
    ours = [each for each in meta.get("managedFields") or [] if each.get("manager") == manager]
    told = (meta.get("generation"), meta.get("labels"), meta.get("annotations"), meta.get("finalizers"))
    return *told, meta.get("ownerReferences"), ours


def taken(each: Found) -> frozenset[str]:
    """The managers whose fields are taken over before the object is applied."""
    return legacy(each.meta, each.item.manager, adopted=each.adopted) if each.meta else frozenset()


def _ours_to_take(each: Found, answer: Answer) -> bool:
    """Whether an apply conflicts only with managers whose fields are taken over anyway."""
    if not isinstance(answer, ApiError) or not answer.status.conflicts:
        return False
    names = taken(each)
    return bool(names) and all(any(f'"{name}"' in text for name in names) for _, text in answer.status.conflicts)


def _content(item: Object) -> Object:
    """What a change of an object would show in: not the bookkeeping, nor what controllers say of it."""
    meta = {k: v for k, v in item["metadata"].items() if k not in ("managedFields", "generation", "resourceVersion")}
    return {**{name: value for name, value in item.items() if name != "status"}, "metadata": meta}
