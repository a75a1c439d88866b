"""Sets of objects on a real API server, waited for without the rest of a release: what the tests of health share."""

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any

from deployer.desired import MEMBER_LABEL, Desired, Item
from deployer.kube.client import Kube
from deployer.kube.resources import Resources
from deployer.kube.verbs import Cluster
from deployer.objects import Identity, Object
from deployer.wait.graces import Graces
from deployer.wait.rollout import Rollout, Verdict
from tests.support.controlplane import ControlPlane

SOON = Graces().scaled(0.1)  # the graces of the tests: what takes a minute takes six seconds


def workload(kind: str, name: str, pod: str = "ready", **spec: Any) -> Object:
    """A Deployment, StatefulSet or DaemonSet; `spec` replaces parts of its spec, or of its pods' by `pod_spec`."""
    container = {"name": "app", "image": "registry.example/app:1", "resources": {"limits": {"memory": "64Mi"}}}
    pod_spec = {"containers": [container], **spec.pop("pod_spec", {})}
    template = {"metadata": {"labels": {"app": name}, "annotations": {"test/pod": pod}}, "spec": pod_spec}
    own = {"serviceName": name} if kind == "StatefulSet" else {}
    wanted = {} if kind == "DaemonSet" else {"replicas": 1}
    made = {"selector": {"matchLabels": {"app": name}}, "template": template, **own, **wanted, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": made}


def job(name: str, pod: str = "done", **spec: Any) -> Object:
    containers = [{"name": "app", "image": "registry.example/app:1"}]
    template = {
        "metadata": {"annotations": {"test/pod": pod}},
        "spec": {"restartPolicy": "Never", "containers": containers},
    }
    made = {"template": template, "backoffLimit": 0, **spec}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": made}


@dataclasses.dataclass
class Field:
    """A namespace to apply sets to; `kube` is asked instead of the plane's own client, where it is given."""

    plane: ControlPlane
    namespace: str
    kube: Kube | None = None

    def __post_init__(self) -> None:
        self.cluster = Cluster(self.plane.admin, Resources(self.plane.admin))

    def make(self, **labels: str) -> "Field":
        meta = {"name": self.namespace, "labels": labels}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
        self.plane.admin.request("POST", "/api/v1/namespaces", body=body)
        return self

    def apply(self, member: str, *objects: Object) -> tuple[Desired, dict[Identity, int]]:
        """Apply a set, as a release does; the set, and the generations that the writes returned."""
        items = tuple(Item(self._member(item, member), "shipline") for item in objects)
        written = [self.cluster.apply(item.object, "shipline", force=True) for item in items]
        generations = {
            item.identity: int(answer["metadata"].get("generation") or 0)
            for item, answer in zip(items, written, strict=True)
        }
        return Desired(items), generations

    def rollout(self, member: str, graces: Graces = SOON, **more: Any) -> Rollout:
        cluster = Cluster(self.kube or self.plane.admin, self.cluster.resources)
        return Rollout(cluster, member, graces=graces, **more)

    def wait(self, member: str, *objects: Object, seconds: float = 30.0, graces: Graces = SOON) -> Verdict:
        """Apply a set and wait until it is healthy, doomed, or the time is over."""
        desired, generations = self.apply(member, *objects)
        with self.rollout(member, graces) as rollout:
            rollout.begin(desired, generations)
            return until(rollout, seconds)

    def _member(self, item: Object, member: str) -> Object:
        made = json.loads(json.dumps(item))
        made["metadata"].setdefault("labels", {})[MEMBER_LABEL] = member
        if item["kind"] not in ("StorageClass", "Namespace", "CustomResourceDefinition"):
            made["metadata"]["namespace"] = self.namespace
        return made


def until(rollout: Rollout, seconds: float) -> Verdict:
    verdicts = verdicts_of(rollout, seconds)
    return list(verdicts)[-1]


def verdicts_of(rollout: Rollout, seconds: float) -> Iterator[Verdict]:
    """Every verdict up to the one that ends the wait."""
    end = time.monotonic() + seconds
    while True:
        verdict = rollout.next(max(0.0, min(1.0, end - time.monotonic())))
        yield verdict
        if verdict.healthy or verdict.doom or time.monotonic() > end:
            return
