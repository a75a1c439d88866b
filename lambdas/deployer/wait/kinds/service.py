"""Services: they have a cluster address, and one of type LoadBalancer its own.

Whether a cluster gives load balancers shows in what a controller does to the Service: each one that takes it up adds
its finalizer before it makes anything that costs money. One that was taken up is waited for. One that nobody takes up
within a grace is told and no longer waited for: not every cluster has such a controller, and none will come.
"""

from deployer.objects import Object
from deployer.wait.graces import TAKEN_UP
from deployer.wait.health import READY, Health, progressing, spec_of, status_of


def health(item: Object) -> Health:
    spec = spec_of(item)
    if spec.get("type") != "ExternalName" and not spec.get("clusterIP"):
        return progressing("no cluster address yet")
    if spec.get("type") != "LoadBalancer" or has_address(item):
        return READY
    if item["metadata"].get("finalizers"):
        return progressing("its load balancer has no address yet")
    return progressing("no controller has taken up its load balancer", TAKEN_UP)


def has_address(item: Object) -> bool:
    given = (status_of(item).get("loadBalancer") or {}).get("ingress") or []
    return any(each.get("ip") or each.get("hostname") for each in given)
