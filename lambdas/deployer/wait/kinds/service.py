"""Services: they have a cluster address. A load balancer's own takes minutes, and is not waited for."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, progressing


def health(item: Object) -> Health:
    spec = item.get("spec") or {}
    if spec.get("type") != "ExternalName" and not spec.get("clusterIP"):
        return progressing("no cluster address yet")
    return READY
