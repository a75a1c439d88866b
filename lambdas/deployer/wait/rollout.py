"""Waits for one set of objects by what the API server tells: one LIST and one watch per kind and namespace.

    with Rollout(cluster, member_of) as rollout:
        rollout.begin(desired, generations)         LISTs; watches only when something is not ready
        while not (verdict := rollout.next(1.0)).healthy: ...
        rollout.trouble()                           why it is not, in the pods' own words

The verdict is a value, never an exception; ApiError and Unavailable mean that the cluster cannot be asked. Pods and
replica sets are watched only while a workload of the set is not ready, events and logs read only to explain.
"""

import functools
import time
from collections.abc import Callable, Iterable, Mapping

from deployer.desired import MEMBER_LABEL, Desired
from deployer.kube.verbs import Cluster
from deployer.objects import Identity, Key, Object, key_of
from deployer.redact import Redactor
from deployer.values import dataclass, field
from deployer.wait.complaints import complaints, is_workload
from deployer.wait.crowd import Crowd, pods_of
from deployer.wait.diagnosis import Diagnosis
from deployer.wait.feeds import Feed, Feeds
from deployer.wait.graces import Graces
from deployer.wait.health import Health
from deployer.wait.inquiry import Inquiry
from deployer.wait.inquiry import last_lines as last_lines
from deployer.wait.judge import PASSIVE
from deployer.wait.standing import Standing
from deployer.wait.verdict import Doom
from deployer.wait.verdict import Verdict as Verdict

MOST_EXPLAINED = 3  # objects whose troubles are told with events and logs
# Seconds in which changes are judged together, unless nothing is left to wait for: a verdict costs as much as there are
# objects that are not ready, and changes come by the hundred.
TOGETHER = 0.02
EVEN = 0.25  # seconds between two rounds through the complaints, however often pods change
SHARE = 10.0  # times as long as a round took there is none


def nothing() -> None: ...


@dataclass
class Rollout:
    """The health of one set of objects, for one wait. What the cluster says of its dooms goes through `redactor`, which
    is made to know all secrets by `learn` before."""

    cluster: Cluster
    member_of: str
    redactor: Redactor = field(default_factory=Redactor)
    graces: Graces = field(default_factory=Graces)
    clock: Callable[[], float] = time.monotonic
    learn: Callable[[], None] = nothing

    def __post_init__(self) -> None:
        self._feeds = Feeds(self.cluster.kube)
        self._pods, self._sets = Crowd(), Crowd()
        inquiry = Inquiry(self.cluster.kube, self.redactor, self.learn)
        self._diagnosis = Diagnosis(inquiry, self.graces, self.clock)
        self._standing = Standing(frozenset(), {}, self.clock)
        self._total = 0
        self._last: Verdict | None = None
        self._listen_at = 0.0  # not before then are the pods' complaints gone through again
        self._unheard = False  # something has come since
        self._unjudged, self._judge_at = True, 0.0  # something has come since the last verdict, which was then
        self._speaking = False
        self._speakers: list[Feed] = []

    def __enter__(self) -> "Rollout":
        return self

    def __exit__(self, *_: object) -> None:
        self._feeds.close()

    def begin(self, desired: Desired, generations: Mapping[Identity, int]) -> None:
        """Look at everything once. `generations`: those that our own writes returned, of what was written just now."""
        self._feeds.close()
        keys = [item.key for item in desired.items]
        looked_at = [key for key in keys if (key.group, key.kind) not in PASSIVE]
        self._total, self._last, self._speaking = len(keys), None, False
        self._unjudged, self._judge_at = True, 0.0
        self._standing = Standing(frozenset(key.identity for key in looked_at), generations, self.clock)
        within = sorted({key.namespace for key in looked_at if is_workload(key.identity)})
        self._speakers = [feed for namespace in within for feed in self._speakers_of(namespace)]
        versions = self._feeds.list(self._of_kinds(looked_at))
        if self._standing.waiting():
            self._feeds.watch(versions)

    def next(self, timeout: float) -> Verdict:
        """The verdict, as soon as it is another one; the same one after `timeout` seconds."""
        until = self.clock() + timeout
        while True:
            self._tend()
            now = self.clock()
            if self._standing.settled or now >= min(until, self._judge_at if self._unjudged else self._due()):
                verdict, now = self._verdict(), self.clock()
                self._unjudged, self._judge_at = False, now + TOGETHER
                if verdict != self._last or now >= until:
                    self._last = verdict
                    return verdict
            due = self._judge_at if self._unjudged else self._due()
            self._unjudged |= self._feeds.take(max(0.0, min(until, due) - now))

    @property
    def seen(self) -> Mapping[Identity, Object]:
        """The metadata of each object that was looked at, as it was last."""
        return self._standing.metadata

    def trouble(self) -> str:
        """What is wrong with whatever is not ready, in the cluster's own words: for a wait whose time is over."""
        waiting = self._standing.waiting()
        first = sorted(waiting, key=lambda identity: not is_workload(identity))
        told = [str(self._explained(identity, waiting[identity])) for identity in first[:MOST_EXPLAINED]]
        told += [f"{identity}: {self.redactor.clean(waiting[identity].message)}" for identity in first[MOST_EXPLAINED:]]
        return "\n".join(told)

    # --- what is looked at

    def _of_kinds(self, keys: Iterable[Key]) -> list[Feed]:
        kinds: dict[Key, list[Identity]] = {}
        for key in keys:
            kinds.setdefault(key._replace(name=""), []).append(key.identity)
        return [self._feed(kind, tuple(expected)) for kind, expected in kinds.items()]

    def _feed(self, kind: Key, expected: tuple[Identity, ...]) -> Feed:
        standing = self._standing

        def told(event: str, item: Object) -> None:
            if event == "DELETED":
                standing.gone(key_of(item).identity, item)
            else:
                standing.seen(item)

        return Feed(
            path=self.cluster.resources.of(kind).path(kind.namespace),
            version=f"{kind.group}/{kind.version}" if kind.group else kind.version,
            kind=kind.kind,
            listed=lambda items: standing.listed(expected, items),
            told=told,
            selector=f"{MEMBER_LABEL}={self.member_of}",
        )

    def _speakers_of(self, namespace: str) -> tuple[Feed, Feed]:
        """The pods of a namespace, and the replica sets that own them."""
        pods, sets, within = self._pods, self._sets, f"/namespaces/{namespace}"
        return (
            Feed(f"/api/v1{within}/pods", "v1", "Pod", functools.partial(pods.listed, namespace), pods.told),
            Feed(
                f"/apis/apps/v1{within}/replicasets",
                "apps/v1",
                "ReplicaSet",
                functools.partial(sets.listed, namespace),
                sets.told,
            ),
        )

    def _tend(self) -> None:
        """Watch pods while a workload needs them to speak for it, and no longer."""
        needed = any(map(is_workload, self._standing.live))
        if needed and not self._speaking:
            self._feeds.watch(self._feeds.list(self._speakers))
        elif self._speaking and not needed:
            self._feeds.close(self._speakers)
        self._speaking = needed

    # --- what it means

    def _verdict(self) -> Verdict:
        waiting = self._standing.waiting()
        return Verdict(
            ready=self._total - len(waiting),
            total=self._total,
            waiting=tuple((identity, health.told) for identity, health in waiting.items()),
            doom=self._doom(waiting) if waiting else None,
            notes=tuple(self._standing.notes(waiting).items()),
        )

    def _doom(self, waiting: Mapping[Identity, Health]) -> Doom | None:
        for identity, health in waiting.items():
            if health.state == "failed" and not self._ended_before(identity):
                return self._explained(identity, health)
        began = self.clock()
        self._unheard = began < self._listen_at
        if self._unheard:
            return None
        found = self._diagnosis.of(complaints(waiting, self._standing.live, self._pods, self._sets, self.graces))
        now = self.clock()
        self._listen_at = now + max(EVEN, (now - began) * SHARE)
        return found

    def _ended_before(self, identity: Identity) -> bool:
        """Whether a Job that was gone before it was looked at has ended well, as its events tell."""
        ended = self._standing.never_seen(identity) and self._diagnosis.inquiry.completed(identity)
        if ended:
            self._standing.ended(identity)
        return ended

    def _due(self) -> float:
        """When time alone may change the verdict."""
        listen = self._listen_at if self._unheard else max(self._diagnosis.due, self._listen_at)
        return min(self._standing.due(), listen)

    def _explained(self, identity: Identity, health: Health) -> Doom:
        item = self._standing.live.get(identity)
        mine = pods_of(item, self._pods, self._sets) if item and is_workload(identity) else []
        return self._diagnosis.failure(identity, health, item, mine)
