"""Everything that tells its state by conditions: custom resources, and kinds that this code has never heard of."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, failed, is_true, progressing, status_of, unseen


def health(item: Object) -> Health:
    if item["metadata"].get("deletionTimestamp"):
        return progressing("it is being deleted")
    if "observedGeneration" in status_of(item) and unseen(item):
        return progressing("its controller has not seen it yet")
    if is_true(item, "Stalled"):
        return failed(_words(item, "Stalled"))
    if is_true(item, "Reconciling"):
        return progressing(_words(item, "Reconciling"))
    ready = condition(item, "Ready")
    if ready and ready.get("status") != "True":
        return progressing(_words(item, "Ready"))
    return READY


def _words(item: Object, kind: str) -> str:
    told = condition(item, kind)
    return ": ".join(word for word in (told.get("reason", ""), told.get("message", "")) if word) or f"{kind} is not met"
