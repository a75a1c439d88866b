"""Deployments: every replica is of the new template, available, and the old ones are gone."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, count, failed, progressing, ready, spec_of, status_of, wanted


def health(item: Object) -> Health:
    status, want = status_of(item), wanted(item)
    if spec_of(item).get("paused"):
        return ready("paused")
    updated, total, available = (count(status, f"{name}eplicas") for name in ("updatedR", "r", "availableR"))
    if updated == want == total == available:
        return READY
    rollout = condition(item, "Progressing")
    if rollout.get("reason") == "ProgressDeadlineExceeded":
        return failed(f"{available} of {want} replicas are available: {rollout.get('message', 'no progress')}")
    refusal = condition(item, "ReplicaFailure")
    if refusal.get("status") == "True":
        return progressing(f"{updated} of {want} replicas were made: {refusal.get('message', '')}")
    if updated < want:
        return progressing(f"{updated} of {want} replicas are updated")
    if total > updated:
        return progressing(f"{total - updated} old replicas are still there")
    return progressing(f"{available} of {want} replicas are available")
