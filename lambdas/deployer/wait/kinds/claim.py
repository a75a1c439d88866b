"""PersistentVolumeClaims: one that waits for its first pod is well; the pods that need it say the rest."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, failed, status_of


def health(item: Object) -> Health:
    phase = status_of(item).get("phase") or "Pending"
    if phase == "Lost":
        return failed("its volume is lost")
    return READY if phase == "Bound" else Health("ready", "not bound yet")
