"""Why pods do not run, and which of their troubles heal by themselves. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployer.objects import Object
from deployer.wait.health import unseen

# Seconds that a waiting reason may last: registries hiccup, and operators make Secrets a moment late.
GRACE = {
    "InvalidImageName": 0.0,
    "ErrImageNeverPull": 0.0,
    "CreateContainerConfigError": 10.0,
    "CreateContainerError": 15.0,
    "RunContainerError": 15.0,
    "StartError": 15.0,
    "ErrImagePull": 60.0,
    "ImagePullBackOff": 60.0,
}
NOT_THERE = ("not found", "manifest unknown", "does not exist")  # what a registry says of an image that is not there
CRASHES = 2  # restarts after which a container that ends with an error is not starting slowly, but crashing


@dataclass(frozen=True)
class Trouble:
    """`grace`: seconds it may still last before the release is given up."""

    pod: str
    container: str
    reason: str
    grace: float
    restarted: bool

    def __str__(self) -> str:
        return f"pod {self.pod}, container {self.container}: {self.reason}"


def troubles(pod: Object) -> list[Trouble]:
    """What keeps the pod's containers from running, worst first."""
    status = pod.get("status") or {}
    name = pod["metadata"]["name"]
    every = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return sorted((found for each in every for found in _container(name, each)), key=lambda found: found.grace)


def unschedulable(pod: Object) -> str:
    """The scheduler's own words; empty when the pod has a node, or none is needed yet."""
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return str(condition.get("message") or "Unschedulable")
    return ""


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


_REVISION = "deployment.kubernetes.io/revision"


def _owned(item: Object, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or [])


def _label(pod: Object, name: str) -> str | None:
    value = (pod["metadata"].get("labels") or {}).get(name)
    return None if value is None else str(value)


def _container(pod: str, status: dict[str, Any]) -> Iterator[Trouble]:
    name, restarts = str(status.get("name")), int(status.get("restartCount") or 0)
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    reason = str(waiting.get("reason") or "")
    last = ended or (status.get("lastState") or {}).get("terminated") or {}
    if reason == "CrashLoopBackOff" or (ended and ended.get("exitCode") != 0):
        grace = 0.0 if restarts >= CRASHES else float("inf")
        yield Trouble(pod, name, _crash(reason or "Error", last, restarts), grace, restarts > 0)
    elif reason in GRACE:
        message = str(waiting.get("message") or "")
        grace = 5.0 if any(word in message for word in NOT_THERE) and "Image" in reason else GRACE[reason]
        yield Trouble(pod, name, f"{reason}: {message}" if message else reason, grace, restarts > 0)


def _crash(reason: str, last: dict[str, Any], restarts: int) -> str:
    ended = f"exit code {last['exitCode']}" if "exitCode" in last else "it ended"
    why = f" ({last['reason']})" if last.get("reason") not in (None, "Error", "Completed") else ""
    said = f", {last['message'].strip()}" if last.get("message") else ""
    return f"{reason}: {ended}{why}{said}, restarted {restarts} times"
