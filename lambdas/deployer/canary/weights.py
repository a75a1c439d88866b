"""A route whose traffic to one Service is shared with another one. Pure."""

import copy
from collections.abc import Iterator
from typing import Any

from deployer.canary.model import WHOLE
from deployer.canary.parts import points
from deployer.objects import Object


def weighed(route: Object, service: str, other: str, share: int) -> Object:
    """`share` percent of what goes to the Service goes to the other one; what goes elsewhere stays as much as it is."""
    found = copy.deepcopy(route)
    here = found["metadata"].get("namespace")
    for rule in found["spec"]["rules"]:
        references = rule.get("backendRefs") or []
        if any(points(each, service, here) for each in references):
            rule["backendRefs"] = [part for each in references for part in _parts(each, service, other, share, here)]
    return found


def _parts(
    reference: dict[str, Any], service: str, other: str, share: int, here: str | None
) -> Iterator[dict[str, Any]]:
    """The API's own default of a weight is 1."""
    weight = reference.get("weight", 1)
    if not points(reference, service, here):
        yield {**reference, "weight": weight * WHOLE}
        return
    yield {**reference, "weight": weight * (WHOLE - share)}
    yield {**reference, "name": other, "weight": weight * share}
