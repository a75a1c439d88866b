"""DaemonSets: every node that should run it runs the new template, available."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, progressing, status_of, unseen


def health(item: Object) -> Health:
    status, spec = status_of(item), item.get("spec") or {}
    if unseen(item):
        return progressing("the controller has not seen it yet")
    wanted = int(status.get("desiredNumberScheduled") or 0)
    updated = int(status.get("updatedNumberScheduled") or 0)
    available = int(status.get("numberAvailable") or 0)
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    if updated < wanted and not by_hand:
        return progressing(f"{updated} of {wanted} nodes are updated")
    if available < wanted:
        return progressing(f"{available} of {wanted} nodes run it")
    return READY
