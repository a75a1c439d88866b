"""How many pods fit: on a node by its network interfaces, and in the subnets by their addresses. Pure.

The table is EC2's ("IP addresses per network interface per instance type"), as of 2026-11: by family and size, the
interfaces, the IPv4 addresses of each, and the vCPUs. What it does not know is not counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

from pipeline.config.cluster.networkplan import NetworkPlan, usable
from pipeline.config.cluster.plan import ClusterPlan, NodeGroupPlan

BLOCK = 16  # addresses of a prefix
ON_HOST = 2  # pods that have the node's own address: kube-proxy and the network add-on
# EKS's own limits of a managed group, and the vCPUs from which the larger one holds.
FEW, MANY, LARGE = 110, 250, 30


@dataclass(frozen=True)
class Interfaces:
    count: int
    addresses: int  # of each, its own included
    cpus: int


USUAL = {
    "large": Interfaces(3, 10, 2),
    "xlarge": Interfaces(4, 15, 4),
    "2xlarge": Interfaces(4, 15, 8),
    "4xlarge": Interfaces(8, 30, 16),
    "8xlarge": Interfaces(8, 30, 32),
    "12xlarge": Interfaces(8, 30, 48),
    "16xlarge": Interfaces(15, 50, 64),
}
WITH_24 = {**USUAL, "24xlarge": Interfaces(15, 50, 96)}
WITH_MEDIUM = {"medium": Interfaces(2, 4, 1), **USUAL}
SMALL = {
    "nano": Interfaces(2, 2, 2),
    "micro": Interfaces(2, 2, 2),
    "small": Interfaces(3, 4, 2),
    "medium": Interfaces(3, 6, 2),
    "large": Interfaces(3, 12, 2),
    "xlarge": Interfaces(4, 15, 4),
    "2xlarge": Interfaces(4, 15, 8),
}
FAMILIES = (
    (("m5", "m5a", "m6a", "m6i", "m7i", "c5a", "c6a", "c6i", "c7i", "r5", "r5a", "r6a", "r6i", "r7i"), WITH_24),
    (("m6g", "m7g", "c6g", "c7g", "r6g", "r7g"), WITH_MEDIUM),
    (("m7a", "m8g", "c7a", "c8g", "r7a", "r8g"), {**WITH_MEDIUM, **WITH_24}),
    (("t3", "t4g"), SMALL),
)
TABLE = {family: sizes for families, sizes in FAMILIES for family in families}
# Families that came before Nitro, and take no prefixes.
BEFORE_NITRO = frozenset(
    (
        "c1",
        "c3",
        "c4",
        "d2",
        "f1",
        "g2",
        "g3",
        "g3s",
        "h1",
        "i2",
        "i3",
        "m1",
        "m2",
        "m3",
        "m4",
        "p2",
        "p3",
        "r3",
        "r4",
        "t1",
        "t2",
        "x1",
        "x1e",
    )
)


@dataclass(frozen=True)
class Taken:
    """Addresses that one full node takes of its own subnet, and of the pods' where they have one."""

    pods: int
    own: int
    of_pods: int


def interfaces(instance_type: str) -> Interfaces | None:
    family, _, size = instance_type.partition(".")
    return TABLE.get(family, {}).get(size)


def on_node(instance_type: str, network: NetworkPlan) -> Taken | None:
    """None for a type that the table does not have. Pods with IPv6 addresses take none of a subnet's."""
    if network.ipv6:
        return Taken(0, own=1, of_pods=0)
    found = interfaces(instance_type)
    return _full(found, network) if found else None


def on_nodes(group: NodeGroupPlan, network: NetworkPlan) -> Taken | None:
    """Of several types, of that which holds the fewest: EKS counts so. None when one is unknown."""
    found = [on_node(each, network) for each in group.types]
    known = [each for each in found if each]
    return min(known, key=lambda each: each.pods) if len(known) == len(found) else None


def _full(node: Interfaces, network: NetworkPlan) -> Taken:
    apart = network.pods is not None  # then the first interface is for the node alone
    slots = node.addresses - 1
    each = BLOCK if network.prefix else 1
    fitting = (node.count - apart) * slots * each + ON_HOST
    pods = min(fitting, MANY if node.cpus >= LARGE else FEW)
    blocks = ceil((pods - ON_HOST) / each)
    used = max(1, ceil(blocks / slots))
    addresses = blocks * each + used
    return Taken(pods, own=1 if apart else addresses, of_pods=addresses if apart else 0)


@dataclass(frozen=True)
class Short:
    """A zone's subnet that is too small for the nodes that may come."""

    subnets: str  # which: "private" or "pod"
    nodes: int  # in the zone
    wanted: int
    held: int


def short(plan: ClusterPlan) -> Short | None:
    """Groups spread their nodes over the zones. Nothing is said of machines whose type is unknown, nor of subnets that
    are there already."""
    network = plan.network
    if network.existing:
        return None
    full = [(ceil(group.most / network.zones), on_nodes(group, network)) for group in plan.nodes]
    nodes = [(count, taken) for count, taken in full if taken]
    count = sum(each for each, _ in nodes)
    for subnets, wanted, held in (
        ("private", sum(each * taken.own for each, taken in nodes), usable(network.private_length)),
        ("pod", sum(each * taken.of_pods for each, taken in nodes), _of_pods(network)),
    ):
        if wanted > held:
            return Short(subnets, count, wanted, held)
    return None


def _of_pods(network: NetworkPlan) -> int:
    return min((usable(each.prefixlen) for each in network.pod_subnets), default=0)


def told(plan: ClusterPlan) -> Iterable[str]:
    """How many pods fit, in words."""
    network, pods = plan.network, 0
    if network.ipv6:
        yield "pods have IPv6 addresses: as many fit on a node as EKS says"
        return
    for group in plan.nodes:
        taken = on_nodes(group, network)
        kind = "/".join(group.types)
        if taken is None:
            yield f"pods on {kind}: as many as EKS says, the type is not in the table"
            continue
        pods += taken.pods * group.most
        yield f"pods on {kind}: {taken.pods} each{_otherwise(group, network, taken)}, {taken.pods * group.most} at most"
    if not network.existing:
        yield f"addresses: {_subnets(network)}"


def _otherwise(group: NodeGroupPlan, network: NetworkPlan, taken: Taken) -> str:
    """With what it would be by the other way of giving addresses, where that is more."""
    other = on_nodes(group, replace(network, prefix=not network.prefix))
    if other is None or other.pods == taken.pods:
        return ""
    return f" ({other.pods} {'without' if network.prefix else 'with'} `pods: {{prefix: true}}`)"


def _subnets(network: NetworkPlan) -> str:
    private = f"{usable(network.private_length):,} in each of {network.zones} private subnets"
    if network.pods is None:
        return private
    return f"{private}, {_of_pods(network):,} in each of the pods'"
