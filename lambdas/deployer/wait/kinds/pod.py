"""Pods that a release brings by themselves."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, failed, is_true, progressing, status_of


def health(item: Object) -> Health:
    status = status_of(item)
    phase = status.get("phase") or "Pending"
    if phase == "Succeeded" or (phase == "Running" and is_true(item, "Ready")):
        return READY
    if phase == "Failed":
        return failed(
            f"{status.get('reason') or 'Failed'}: {status.get('message') or 'a container ended with an error'}"
        )
    why = condition(item, "Ready").get("message")
    return progressing(f"the pod is {phase}, not ready" + (f": {why}" if why else ""))
