"""Jobs: a release waits for their end. One that its TTL took away is judged by `rollout`, which saw it end."""

from deployer.objects import Object
from deployer.wait.health import (
    READY,
    Health,
    condition,
    count,
    failed,
    is_true,
    progressing,
    ready,
    spec_of,
    status_of,
)


def health(item: Object) -> Health:
    if is_true(item, "Complete"):
        return READY
    for kind in ("Failed", "FailureTarget"):  # the target comes first: its pods are still ending
        if is_true(item, kind):
            told = condition(item, kind)
            return failed(f"{told.get('reason', 'Failed')}: {told.get('message', '')}")
    if spec_of(item).get("suspend"):
        return ready("suspended")
    status = status_of(item)
    return progressing(f"{count(status, 'active')} pods run, {count(status, 'succeeded')} have ended well")
