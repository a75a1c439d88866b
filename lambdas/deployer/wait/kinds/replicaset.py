"""ReplicaSets and ReplicationControllers that a release brings by themselves: as many pods as wanted, available.

A changed template makes no new pods: what runs goes on running, as the API says.
"""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, count, progressing, status_of, wanted


def health(item: Object) -> Health:
    status, want = status_of(item), wanted(item)
    total, available = count(status, "replicas"), count(status, "availableReplicas")
    refusal = condition(item, "ReplicaFailure")
    if total < want and refusal.get("status") == "True":
        return progressing(f"{total} of {want} replicas were made: {refusal.get('message', '')}")
    if total != want:
        return progressing(f"{total} replicas are there, {want} are wanted")
    return READY if available == want else progressing(f"{available} of {want} replicas are available")
