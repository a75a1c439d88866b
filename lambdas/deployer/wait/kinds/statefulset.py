"""StatefulSets: every replica that the strategy updates is of the new revision, and ready."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, progressing, status_of, unseen


def health(item: Object) -> Health:
    status, spec = status_of(item), item.get("spec") or {}
    if unseen(item):
        return progressing("the controller has not seen it yet")
    wanted = 1 if spec.get("replicas") is None else int(spec["replicas"])
    ready = int(status.get("readyReplicas") or 0)
    if ready < wanted:
        return progressing(f"{ready} of {wanted} replicas are ready")
    if int(status.get("replicas") or 0) > wanted:
        return progressing(f"{status['replicas']} replicas are there, {wanted} are wanted")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return Health("ready", "its pods are replaced when they are deleted")
    partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
    updated = int(status.get("updatedReplicas") or 0)
    if updated < wanted - partition:
        return progressing(f"{updated} of {wanted - partition} replicas are updated")
    if not partition and status.get("currentRevision") != status.get("updateRevision"):
        return progressing("the last replicas are being replaced")
    return READY
