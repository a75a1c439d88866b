"""Which pods speak for a workload, and what keeps them from running. Pure."""

from collections.abc import Iterator
from typing import Any

from deployer.objects import Object
from deployer.wait.containers import Trouble as Trouble
from deployer.wait.containers import troubles_of_containers
from deployer.wait.graces import Graces
from deployer.wait.health import FOREVER, unseen

# What cluster autoscalers and Karpenter say of a pod for which they bring a node.
SCALES_UP = ("TriggeredScaleUp", "Nominated")
# What a kubelet says of a volume whose ConfigMap or Secret, or a key of it, is not there.
CANNOT_MOUNT = (("FailedMount", "not found"), ("FailedMount", "references non-existent"))
BEING_CREATED = frozenset({"ContainerCreating", "PodInitializing"})
_REVISION = "deployment.kubernetes.io/revision"


def troubles(pod: Object, graces: Graces = Graces()) -> list[Trouble]:  # noqa: B008 (frozen)
    """What keeps the pod's containers from running, worst first."""
    return sorted(troubles_of_containers(pod, graces), key=lambda trouble: trouble.grace)


def doubts(pod: Object, graces: Graces = Graces()) -> list[Trouble]:  # noqa: B008 (frozen)
    """What may keep a pod from having containers at all; what becomes of it, only its events tell."""
    return [*_scheduling(pod, graces), *_creation(pod, graces)]


def unschedulable(pod: Object) -> str:
    """The scheduler's own words; empty when the pod has a node, or none is needed yet."""
    told = _condition(pod, "PodScheduled")
    return str(told.get("message") or "Unschedulable") if told.get("reason") == "Unschedulable" else ""


def of_new_revision(pods: list[Object], workload: Object, replica_sets: list[Object]) -> list[Object]:
    """The pods that a workload made from its present template; those of older ones say nothing about the release."""
    kind, meta = workload["kind"], workload["metadata"]
    if kind in ("Deployment", "StatefulSet", "DaemonSet") and unseen(workload):
        return []  # its controller still names the old revision as the new one
    if kind == "Deployment":
        revision = (meta.get("annotations") or {}).get(_REVISION)
        owners = {
            item["metadata"]["uid"]
            for item in replica_sets
            if _owned(item, meta["uid"]) and (item["metadata"].get("annotations") or {}).get(_REVISION) == revision
        }
        return [pod for pod in pods if any(_owned(pod, uid) for uid in owners)]
    mine = [pod for pod in pods if _owned(pod, meta["uid"]) or pod["metadata"]["uid"] == meta["uid"]]
    if kind == "StatefulSet":
        revision = (workload.get("status") or {}).get("updateRevision")
        return [pod for pod in mine if _label(pod, "controller-revision-hash") == revision]
    if kind == "DaemonSet":
        generation = (meta.get("annotations") or {}).get("deprecated.daemonset.template.generation")
        return [pod for pod in mine if _label(pod, "pod-template-generation") in (None, generation)]
    return mine


def unready(pod: Object) -> Trouble | None:
    """A pod that runs without being ready: whose log would tell why."""
    for each in (pod.get("status") or {}).get("containerStatuses") or []:
        if not each.get("ready") and "running" in (each.get("state") or {}):
            words = _condition(pod, "Ready").get("message") or "it runs, and is not ready"
            return Trouble(pod["metadata"]["name"], str(each["name"]), str(words), FOREVER)
    return None


def claims_of(pod: Object) -> list[str]:
    """The names of the PersistentVolumeClaims that a pod uses."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if each.get("persistentVolumeClaim")]


def _scheduling(pod: Object, graces: Graces) -> Iterator[Trouble]:
    words = unschedulable(pod)
    if not words:
        return
    nominated = (pod.get("status") or {}).get("nominatedNodeName")  # others are being evicted for it
    grace = graces.scale_up if nominated else graces.unschedulable
    yield Trouble(
        pod["metadata"]["name"],
        "",
        f"Unschedulable: {words}",
        grace,
        what="node",
        excuses=SCALES_UP,
        relief=graces.scale_up,
    )


def _creation(pod: Object, graces: Graces) -> Iterator[Trouble]:
    """A pod that has a node, whose containers are not even made: only its events tell why."""
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    reasons = {((each.get("state") or {}).get("waiting") or {}).get("reason") for each in every}
    if reasons and reasons <= BEING_CREATED and _condition(pod, "PodScheduled").get("status") == "True":
        words = "its containers are not made yet"
        yield Trouble(pod["metadata"]["name"], "", words, graces.mount, what="mount", needs=CANNOT_MOUNT)


def _condition(pod: Object, kind: str) -> dict[str, Any]:
    told = (pod.get("status") or {}).get("conditions") or []
    return next((each for each in told if each.get("type") == kind), {})


def _owned(item: Object, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or [])


def _label(pod: Object, name: str) -> str | None:
    value = (pod["metadata"].get("labels") or {}).get(name)
    return None if value is None else str(value)
