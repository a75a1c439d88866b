"""Gateways: accepted by the controller of their class, and programmed, for the present generation.

The API's own default says Unknown, "Waiting for controller": as long as it stands, nobody has taken the Gateway up,
and a cluster without such a controller never will.
"""

from deployer.objects import Object
from deployer.wait.graces import TAKEN_UP
from deployer.wait.health import READY, Health, condition, outdated, progressing, spec_of, words


def health(item: Object) -> Health:
    told = [condition(item, kind) for kind in ("Accepted", "Programmed")]
    if all(each.get("status") in (None, "Unknown") for each in told):
        name = spec_of(item).get("gatewayClassName")
        return progressing(f"no controller of class {name} has taken it up", TAKEN_UP)
    for each, kind in zip(told, ("Accepted", "Programmed"), strict=True):
        if outdated(item, each):
            return progressing(f"{kind} tells of an older generation")
        if each.get("status") != "True":
            return progressing(f"it is not {kind}: {words(each)}")
    return READY
