"""PersistentVolumeClaims: bound, or waiting for a first pod that may never come, which is well.

The volume controller marks a claim when it asks a provisioner for a volume: at once for classes that bind immediately,
for WaitForFirstConsumer only when a pod that uses it was given a node. An unmarked claim is one that nobody works on;
the pods that need it say the rest.
"""

from deployer.objects import Object
from deployer.wait.health import READY, Health, failed, progressing, ready, status_of

PROVISIONERS = ("volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner")
NODE = "volume.kubernetes.io/selected-node"


def health(item: Object) -> Health:
    phase = status_of(item).get("phase") or "Pending"
    if phase == "Lost":
        return failed("its volume is lost")
    if phase == "Bound":
        return READY
    provisioner = asked_of(item)
    return progressing(f"{provisioner} has not made its volume yet") if provisioner else ready("not bound yet")


def asked_of(item: Object) -> str:
    """The provisioner that was asked for a volume; empty when none was."""
    notes = item["metadata"].get("annotations") or {}
    marked = next((str(notes[name]) for name in PROVISIONERS if notes.get(name)), "")
    return marked or ("the scheduler's choice" if notes.get(NODE) else "")
