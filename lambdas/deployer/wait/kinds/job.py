"""Jobs: a release waits for their end."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, failed, is_true, progressing, status_of


def health(item: Object) -> Health:
    if is_true(item, "Complete"):
        return READY
    if is_true(item, "Failed"):
        told = condition(item, "Failed")
        return failed(f"{told.get('reason', 'Failed')}: {told.get('message', '')}")
    if (item.get("spec") or {}).get("suspend"):
        return Health("ready", "suspended")
    status = status_of(item)
    return progressing(f"{status.get('active', 0)} pods run, {status.get('succeeded', 0)} have ended well")
