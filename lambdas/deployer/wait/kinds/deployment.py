"""Deployments: every replica is of the new template, available, and the old ones are gone."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, failed, progressing, status_of, unseen


def health(item: Object) -> Health:
    status, spec = status_of(item), item.get("spec") or {}
    if unseen(item):
        return progressing("the controller has not seen it yet")
    if spec.get("paused"):
        return Health("ready", "paused")
    wanted = 1 if spec.get("replicas") is None else int(spec["replicas"])
    updated, total = int(status.get("updatedReplicas") or 0), int(status.get("replicas") or 0)
    available = int(status.get("availableReplicas") or 0)
    if updated == wanted == total == available:
        return READY
    rollout = condition(item, "Progressing")
    if rollout.get("reason") == "ProgressDeadlineExceeded":
        return failed(f"{available} of {wanted} replicas are available: {rollout.get('message', 'no progress')}")
    refusal = condition(item, "ReplicaFailure")
    if refusal.get("status") == "True":
        return progressing(f"{updated} of {wanted} replicas were made: {refusal.get('message', '')}")
    if updated < wanted:
        return progressing(f"{updated} of {wanted} replicas are updated")
    if total > updated:
        return progressing(f"{total - updated} old replicas are still there")
    return progressing(f"{available} of {wanted} replicas are available")
