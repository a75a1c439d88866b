"""Ingresses: an address, where the controller of their class gives one.

Some controllers never publish an address. One that shows that it took the Ingress up (its finalizer, as the AWS load
balancer controller sets) is waited for; without such a sign, an address is hoped for as long as a grace, then told.
"""

from deployer.objects import Object
from deployer.wait.graces import TAKEN_UP
from deployer.wait.health import READY, Health, progressing, spec_of
from deployer.wait.kinds.service import has_address


def health(item: Object) -> Health:
    if has_address(item):
        return READY
    name = spec_of(item).get("ingressClassName")
    of_class = f"class {name}" if name else "the default class"
    if item["metadata"].get("finalizers"):
        return progressing(f"the controller of {of_class} has given it no address yet")
    return progressing(f"no controller of {of_class} has given it an address", TAKEN_UP)
