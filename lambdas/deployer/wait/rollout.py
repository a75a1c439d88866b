"""Looks at what was applied, as often as needed, and says how it stands: a value, never an exception."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deployer.desired import MEMBER_LABEL, Desired
from deployer.kube.client import Kube
from deployer.kube.errors import ApiError
from deployer.kube.verbs import Cluster
from deployer.objects import Identity, Key, Object, key_of
from deployer.wait.health import Health, failed
from deployer.wait.judge import PASSIVE, judge
from deployer.wait.pods import Trouble, of_new_revision, troubles, unschedulable

# What a kubelet answers, with 200, for a container that it has removed: it keeps one dead container of each.
LOG_GONE = "unable to retrieve container logs"
LOG_LINES = 15
LOG_BYTES = 8_000
WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"})


@dataclass(frozen=True)
class Verdict:
    """How all objects together stand; `doomed` says why no time will help, with the container's last words."""

    ready: int
    total: int
    waiting: tuple[tuple[Identity, str], ...] = ()
    doomed: str = ""

    @property
    def healthy(self) -> bool:
        return not self.doomed and self.ready == self.total

    @property
    def summary(self) -> str:
        head = f"{self.ready} of {self.total} objects are healthy"
        return f"{head}; {self.waiting[0][0]}: {self.waiting[0][1]}" if self.waiting else head


@dataclass
class Rollout:
    """The health of one set of objects. Remembers since when each trouble has been seen."""

    cluster: Cluster
    namespace: str
    member_of: str
    clock: Callable[[], float] = time.monotonic
    _since: dict[tuple[str, str], float] = field(default_factory=dict)

    def look(self, desired: Desired) -> Verdict:
        """One look: a LIST per kind, and the pods only when something is not ready."""
        keys = [key_of(item.object) for item in desired.items]
        watched = [key for key in keys if (key.group, key.kind) not in PASSIVE]
        live = self._live(watched)
        states = {key: self._state(key, live) for key in watched}
        waiting = {key: state for key, state in states.items() if state.state != "ready"}
        found = Verdict(
            ready=len(keys) - len(waiting),
            total=len(keys),
            waiting=tuple((key.identity, state.message) for key, state in waiting.items()),
        )
        if not waiting:
            return found
        doomed = self._doomed(waiting, live)
        return Verdict(found.ready, found.total, found.waiting, doomed) if doomed else found

    def trouble(self, desired: Desired) -> str:
        """What is wrong with whatever is not ready, in the pods' own words: for a wait whose time is over."""
        watched = [key for key in (key_of(item.object) for item in desired.items) if key.kind in WORKLOADS]
        live = self._live(watched)
        pods, sets = self._pods()
        told = []
        for key in watched:
            item = live.get(key.identity)
            if item is None or judge(item).state == "ready":
                continue
            told.append(f"{key}: {judge(item).message}")
            for pod in of_new_revision(pods, item, sets):
                told += [self._words(key, found) for found in troubles(pod)[:1]]
                told += [f"pod {pod['metadata']['name']}: {words}" for words in [unschedulable(pod)] if words]
        return "\n".join(dict.fromkeys(told))

    def _live(self, keys: list[Key]) -> dict[Identity, Object]:
        kinds = sorted({(key.group, key.version, key.kind, key.namespace) for key in keys})
        found = self.cluster.kube.map(lambda kind: self._list(Key(*kind, "")), kinds)
        return {key_of(item).identity: item for items in found for item in items}

    def _list(self, kind: Key) -> list[Object]:
        path = self.cluster.resources.of(kind).path(kind.namespace)
        answer = self.cluster.kube.get(path, labelSelector=f"{MEMBER_LABEL}={self.member_of}")
        version = f"{kind.group}/{kind.version}" if kind.group else kind.version
        return [{**item, "apiVersion": version, "kind": kind.kind} for item in answer.get("items") or []]

    def _state(self, key: Key, live: dict[Identity, Object]) -> Health:
        item = live.get(key.identity)
        return judge(item) if item else failed("it was deleted, or lost its label, while the release went on")

    def _doomed(self, waiting: dict[Key, Health], live: dict[Identity, Object]) -> str:
        pods, sets = self._pods() if any(key.kind in WORKLOADS for key in waiting) else ([], [])
        for key, state in waiting.items():
            item = live.get(key.identity)
            mine = of_new_revision(pods, item, sets) if item else []
            for found in (trouble for pod in mine for trouble in troubles(pod)):
                first = self._since.setdefault((found.pod, found.container), self.clock())
                if self.clock() - first >= found.grace:
                    return self._words(key, found)
            if state.state == "failed":
                last = [self._words(key, found) for pod in mine for found in troubles(pod)[:1]]
                return "\n".join([f"{key}: {state.message}", *last[-1:]])
        return ""

    def _pods(self) -> tuple[list[Object], list[Object]]:
        base = f"/namespaces/{self.namespace}"
        paths = [f"/api/v1{base}/pods", f"/apis/apps/v1{base}/replicasets"]
        pods, sets = self.cluster.kube.map(lambda path: list(self.cluster.kube.get(path).get("items") or []), paths)
        return pods, sets

    def _words(self, key: Key, trouble: Trouble) -> str:
        log = last_lines(self.cluster.kube, self.namespace, trouble)
        return f"{key}: {trouble}" + (f"\nlast log lines:\n{log}" if log else "")


def last_lines(kube: Kube, namespace: str, trouble: Trouble) -> str:
    """The last lines that the container wrote before it ended; empty when it never ran."""
    path = f"/api/v1/namespaces/{namespace}/pods/{trouble.pod}/log"
    options = {"container": trouble.container, "tailLines": str(LOG_LINES), "limitBytes": str(LOG_BYTES)}
    for previous in ("true", "false") if trouble.restarted else ("false",):
        try:
            text = kube.text(path, previous=previous, **options).strip()
        except ApiError:
            continue  # no log is no reason to lose the error that it was to explain
        if text and not text.startswith(LOG_GONE):
            return text
    return ""
