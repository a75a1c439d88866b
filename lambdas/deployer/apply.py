"""Items -> cluster: server-side apply, stage by stage, many objects at a time within one."""

import time
from collections.abc import Callable, Iterable, Mapping

from deployer import takeover
from deployer.definitions import until_served
from deployer.desired import Item
from deployer.errors import Fatal
from deployer.inventory import Member
from deployer.kube.client import Call
from deployer.kube.errors import ApiError, Conflict, NotFound
from deployer.kube.metadata import METADATA
from deployer.kube.verbs import Cluster, accepted
from deployer.memory import remembered
from deployer.objects import Identity, Object
from deployer.refusals import FORCE_NOTE, RECREATE_NOTE, explain, is_immutable, together, wants
from deployer.stages import DEFINITION, in_stages
from deployer.values import dataclass, field

GONE_WITHIN = 30.0  # seconds for a replaced object to end
ATTEMPTS = 5  # at an object that others change at the same moment
JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True)
class Applier:
    """`check` is asked before each write and raises when the lock was lost; `key` is the inventory's."""

    cluster: Cluster
    key: bytes
    check: Callable[[], None]
    force: bool = False
    taken: Mapping[Identity, frozenset[str]] = field(default_factory=dict)  # managers to take fields over from

    def apply(self, items: Iterable[Item]) -> list[Member]:
        """All of them; what is remembered of each. Fatal with all that were refused of the first stage that has any."""
        done: list[Member] = []
        for stage in in_stages(items):
            done += self._stage(stage)
            defined = [item for item in stage if item.key.kind == DEFINITION]
            if defined:
                until_served(self.cluster, [item.object for item in defined])
        return done

    def _stage(self, items: list[Item]) -> list[Member]:
        for item in items:
            if managers := self.taken.get(item.identity):
                self._take_over(item, managers)
        answers = self.cluster.kube.many((self._call(item) for item in items), self.check)
        done: list[Member] = []
        refused: list[Fatal] = []
        for item, answer in zip(items, answers, strict=True):
            try:
                done.append(self._member(item, self._second(item, answer)))
            except ApiError as error:
                refused.append(explain(error, item))
        if refused:
            raise together(refused, "")
        return done

    def _second(self, item: Item, answer: Object | ApiError) -> Object:
        """The answer, after another try where one helps; ApiError when none does."""
        if isinstance(answer, ApiError) and is_immutable(answer) and wants(item, RECREATE_NOTE):
            self._see_gone(item, delete=True)
            answer = self._again(item)
        attempt = 1
        while isinstance(answer, Conflict) and not answer.status.conflicts and attempt < ATTEMPTS:
            time.sleep(0.05 * attempt)  # "the object has been modified"
            attempt, answer = attempt + 1, self._again(item)
        if isinstance(answer, dict) and answer["metadata"].get("deletionTimestamp"):
            self._see_gone(item, delete=False)  # somebody deletes it: what was just written goes with it
            answer = self._again(item)
        return accepted(answer)

    def _again(self, item: Item) -> Object | ApiError:
        return self.cluster.kube.many([self._call(item)], self.check)[0]

    def _call(self, item: Item) -> Call:
        forced = self.force or wants(item, FORCE_NOTE)
        return self.cluster.apply_call(item.object, item.manager, force=forced)

    def _member(self, item: Item, written: Object) -> Member:
        return remembered(item, written["metadata"], self.key, adopted=False)

    def _take_over(self, item: Item, managers: frozenset[str]) -> None:
        """Make the fields of managers of old ours, so that those which the release no longer has are removed."""
        path = self.cluster.path(item.key)
        for _ in range(ATTEMPTS):
            self.check()
            try:
                meta = self.cluster.kube.request("GET", path, subject=str(item.key), accept=METADATA)["metadata"]
                patch = takeover.patch(meta, item.manager, item.object["apiVersion"], managers)
                if patch:
                    call = Call("PATCH", path, str(item.key), {}, patch, JSON_PATCH, METADATA)
                    accepted(self.cluster.kube.many([call], self.check)[0])
            except NotFound:
                return
            except Conflict:
                continue
            return

    def _see_gone(self, item: Item, *, delete: bool) -> None:
        """Have the live object deleted, or wait for whoever deletes it, and see it gone."""
        until = time.monotonic() + GONE_WITHIN
        while live := self.cluster.get(item.key):
            if not live["metadata"].get("deletionTimestamp"):
                if not delete:
                    return
                self.check()
                self.cluster.delete(item.key, str(live["metadata"]["uid"]))
            if time.monotonic() > until:
                raise Fatal(
                    f"it is being deleted, but does not end within {GONE_WITHIN:.0f} s.",
                    subject=str(item.key),
                    remedy="Look for finalizers on it.",
                )
            time.sleep(0.2)
