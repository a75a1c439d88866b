"""What a cluster comes with, in lines of `shipline explain`."""

from collections.abc import Iterator

from pipeline.config.cluster.equipment import prometheus
from pipeline.config.cluster.equipment.plan import AddonPlan, Equipment


def tell(made: Equipment) -> Iterator[str]:
    if made.addons:
        yield f"  its add-ons: {', '.join(map(_addon, made.addons))}"
    classes = [*(["gp3, on EBS, for claims that name none"] if made.ebs else []), *(["efs"] if made.efs else [])]
    if classes:
        yield f"  its StorageClasses: {'; '.join(classes)}"
    if made.load_balancers:
        yield "  its load balancers: rights for a controller, which the stack's output InstallLoadBalancers installs"
    if made.zones:
        yield f"  its names in DNS: kept in {', '.join(made.zones)}"
    if made.insights:
        also = [*(["logs"] if made.insights.logs else []), *(["traces"] if made.insights.traces else [])]
        yield f"  its insights: {', '.join(['metrics', *also])}, kept for {made.insights.days} days"
    if made.prometheus:
        yield from prometheus.tell(made.prometheus)


def _addon(addon: AddonPlan) -> str:
    return f"{addon.name} {addon.version}" if addon.version else addon.name
