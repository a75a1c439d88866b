"""StatefulSets: every replica that the strategy updates is of the new revision, and ready (for minReadySeconds)."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, count, progressing, ready, spec_of, status_of, wanted


def health(item: Object) -> Health:
    status, spec, want = status_of(item), spec_of(item), wanted(item)
    fit = count(status, "availableReplicas" if spec.get("minReadySeconds") else "readyReplicas")
    if fit < want:
        return progressing(f"{fit} of {want} replicas are ready")
    if count(status, "replicas") > want:
        return progressing(f"{status['replicas']} replicas are there, {want} are wanted")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return ready("its pods are replaced when they are deleted")
    partition = count(strategy.get("rollingUpdate") or {}, "partition")
    updated = count(status, "updatedReplicas")
    if updated < want - partition:
        return progressing(f"{updated} of {want - partition} replicas are updated")
    if not partition and status.get("currentRevision") != status.get("updateRevision"):
        return progressing("the last replicas are being replaced")
    return READY
