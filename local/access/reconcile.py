"""Keeps the cluster's bindings as the access entries ask for them.

entries + namespaces → wanted bindings → (changed since last time?) → what is there → delete, create → in force.
Only bindings with our label are touched. Runs when an entry changes, every second for new namespaces,
and before each token is accepted.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from local.access.bindings import Binding, found, wanted
from local.access.entry import AccessEntry
from local.access.kube import SELECTOR, Kube, KubeError
from local.access.policies import POLICIES, cluster_role

log = logging.getLogger("local.access")
EVERY_SECONDS = 1.0  # how often it looks for new namespaces
WHOLE_SECONDS = 30.0  # how often all is compared, whether or not something changed here
FORCE_SECONDS = 3.0  # how long the API server may take to notice a new binding
_API = "/apis/rbac.authorization.k8s.io/v1"


class Reconciler:
    def __init__(self, connect: Callable[[], Kube], entries: Callable[[], Sequence[AccessEntry]]) -> None:
        self._connect = connect
        self._entries = entries
        self._kube: Kube | None = None
        self._lock = threading.Lock()
        self._applied: frozenset[Binding] | None = None  # None: not known, compare all
        self._compared = 0.0
        self._stopping = False
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble = ""

    def start(self) -> None:
        """Policies first: a binding may not name a role that is not there."""
        self.reconcile(self._entries())
        self._thread = threading.Thread(target=self._run, name="access", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join()
        if self._kube is not None:
            self._kube.close()

    def wake(self) -> None:
        """Something changed: look now."""
        self._awake.set()

    def settled(self, entries: Sequence[AccessEntry]) -> None:
        """Returns when the entries' policies are in force. A cluster in trouble will say so itself."""
        try:
            self.reconcile(entries)
        except KubeError as error:
            log.warning("access entries: %s", error)

    def reconcile(self, entries: Sequence[AccessEntry]) -> None:
        """KubeError when the API server does not take it; the next run tries again."""
        with self._lock:
            if self._kube is None:
                kube = self._connect()
                self._make_roles(kube)
                self._kube = kube
            self._apply(self._kube, entries)

    def _run(self) -> None:
        while not self._stopping:
            self._awake.wait(EVERY_SECONDS)
            self._awake.clear()
            try:
                self.reconcile(self._entries())
                self._trouble = ""
            except KubeError as error:
                self._applied = None
                if str(error) != self._trouble:  # said once, not every time
                    self._trouble = str(error)
                    log.warning("access entries: %s", error)

    def _make_roles(self, kube: Kube) -> None:
        for policy in POLICIES:
            role = cluster_role(policy)
            answer = kube.create(f"{_API}/clusterroles", role)
            if answer.get("kind") == "Status":  # it was there: maybe of another version of ours
                kube.replace(f"{_API}/clusterroles/{role['metadata']['name']}", role)

    def _apply(self, kube: Kube, entries: Sequence[AccessEntry]) -> None:
        goal = wanted(entries, _namespaces(kube))
        whole = time.monotonic() - self._compared > WHOLE_SECONDS
        if goal == self._applied and not whole:
            return
        present = self._present(kube)
        for binding in present - goal:
            kube.delete(binding.path)
            log.info("access: took %s from %s in %s", binding.policy, binding.group, binding.namespace or "the cluster")
        added = goal - present
        for binding in added:
            kube.create(binding.collection, binding.manifest())
            log.info("access: gave %s to %s in %s", binding.policy, binding.group, binding.namespace or "the cluster")
        for binding in added:
            _await_force(kube, binding)
        self._applied, self._compared = goal, time.monotonic()

    def _present(self, kube: Kube) -> frozenset[Binding]:
        items = [
            *kube.get(f"{_API}/clusterrolebindings{SELECTOR}")["items"],
            *kube.get(f"{_API}/rolebindings{SELECTOR}")["items"],
        ]
        return frozenset(found(item) for item in items)


def _namespaces(kube: Kube) -> list[str]:
    """Those that are not being deleted: nothing can be made in those."""
    items: list[dict[str, Any]] = kube.get("/api/v1/namespaces")["items"]
    return [item["metadata"]["name"] for item in items if item["status"].get("phase") != "Terminating"]


def _await_force(kube: Kube, binding: Binding) -> None:
    """The API server's authorizer learns of a binding a moment after it is made. Every policy may read pods."""
    attributes = {"verb": "get", "resource": "pods", "namespace": binding.namespace or ""}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "shipline", "groups": [binding.group], "resourceAttributes": attributes},
    }
    deadline = time.monotonic() + FORCE_SECONDS
    while time.monotonic() < deadline:
        answer = kube.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        if answer["status"].get("allowed"):
            return
        time.sleep(0.02)
