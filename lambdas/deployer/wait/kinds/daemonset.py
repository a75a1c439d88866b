"""DaemonSets: every node that should run it runs the new template, available."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, count, progressing, ready, spec_of, status_of


def health(item: Object) -> Health:
    status = status_of(item)
    want, updated = count(status, "desiredNumberScheduled"), count(status, "updatedNumberScheduled")
    available = count(status, "numberAvailable")
    by_hand = (spec_of(item).get("updateStrategy") or {}).get("type") == "OnDelete"
    if updated < want and not by_hand:
        return progressing(f"{updated} of {want} nodes are updated")
    if available < want:
        return progressing(f"{available} of {want} nodes run it")
    return ready("its pods are replaced when they are deleted") if updated < want else READY
