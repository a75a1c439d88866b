"""What AWS would refuse of a cluster's network, or leave pods without addresses in."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from pipeline.config.cluster import capacity, model
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.problems import Finding, Path, repeated

NETWORK: Path = ("cluster", "network")
PODS: Path = (*NETWORK, "pods")
OF_A_MADE_ONE = ("range", "zones", "nat", "endpoints")


def findings(written: model.Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    yield from _existing(written)
    yield from _overlap(plan)
    yield from _endpoints(written)
    yield from _pods(written, plan)
    yield from _ipv6(written, plan)
    yield from _room(plan)


def _existing(cluster: model.Cluster) -> Iterator[Finding]:
    network = cluster.network
    if network.vpc is None:
        return
    for key in OF_A_MADE_ONE:
        if key in network.model_fields_set:
            wrong = "the VPC is there already, and the toolkit changes nothing of it"
            yield Finding((*NETWORK, key), wrong, f"leave `{key}` or `vpc` out")
    if network.pods.range:
        wrong = "pods get a range of their own only in a VPC that is made here"
        yield Finding((*PODS, "range"), wrong, "leave `range` or `vpc` out")
    for key, ids in (("private", network.vpc.private), ("public", network.vpc.public)):
        yield from repeated([((*NETWORK, "vpc", key, index), id_) for index, id_ in enumerate(ids)], "once is enough")
    for index, id_ in enumerate(network.vpc.public):
        if id_ in network.vpc.private:
            wrong = f"`{id_}` is one of `private`, too"
            yield Finding((*NETWORK, "vpc", "public", index), wrong, "a subnet is one or the other")


def _overlap(plan: ClusterPlan) -> Iterator[Finding]:
    network = plan.network
    if network.existing:
        return
    services = IPv4Network(network.services) if network.services else None
    for where, range_ in (((*NETWORK, "services"), services), ((*PODS, "range"), network.pods)):
        if range_ and range_.overlaps(network.range):
            yield Finding(where, f"it overlaps with the VPC's {network.range}", "write another range")


def _endpoints(cluster: model.Cluster) -> Iterator[Finding]:
    named = [((*NETWORK, "endpoints", index), name) for index, name in enumerate(cluster.network.endpoints)]
    yield from repeated(named, "once is enough")
    for where, name in named:
        if name in ("s3", "dynamodb") and cluster.network.nat == "none":
            yield Finding(where, f"a network of `nat: none` reaches {name} already", "leave it out")


def _pods(cluster: model.Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    if cluster.compute == "auto" and cluster.network.pods.model_fields_set:
        wrong = "EKS Auto Mode has a network of its own, which gives pods addresses in blocks already"
        yield Finding(PODS, wrong, "leave `pods` or `compute: auto` out")
    if not plan.network.prefix:
        return
    for group in plan.nodes:
        for each in group.types:
            if each.partition(".")[0] in capacity.BEFORE_NITRO:
                wrong = f"nodes of {each} take no blocks of addresses: it is not of the Nitro types"
                yield Finding((*PODS, "prefix"), wrong, "take a newer type, or leave it out", (("cluster", "nodes"),))


def _ipv6(cluster: model.Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    if not plan.network.ipv6:
        return
    because: tuple[Path, ...] = ((*NETWORK, "ip"),)
    if cluster.compute == "auto":
        yield Finding((*NETWORK, "ip"), "clusters of IPv6 are made here with node groups alone", "leave one out")
    if cluster.network.services:
        wrong = "EKS gives Services of such a cluster a range of its own"
        yield Finding((*NETWORK, "services"), wrong, "leave `services` or `ip: ipv6` out", because)
    for key in ("prefix", "range"):
        if getattr(cluster.network.pods, key):
            wrong = "pods get IPv6 addresses, of which each node has a whole block"
            yield Finding((*PODS, key), wrong, f"leave `{key}` or `ip: ipv6` out", because)
    for group in plan.nodes:
        for each in group.types:
            if each.partition(".")[0] in capacity.BEFORE_NITRO:
                wrong = f"nodes of {each} give pods no IPv6 addresses: it is not of the Nitro types"
                yield Finding((*NETWORK, "ip"), wrong, "take a newer type, or leave it out", (("cluster", "nodes"),))


def _room(plan: ClusterPlan) -> Iterator[Finding]:
    found = capacity.short(plan)
    if found is None:
        return
    where: Path = (*PODS, "range") if found.subnets == "pod" else (*NETWORK, "range")
    wrong = (
        f"a zone's {found.subnets} subnet holds {found.held:,} addresses, and {found.nodes} nodes full of pods in it "
        f"take {found.wanted:,}"
    )
    wider = "write a larger range" if found.subnets == "pod" else "write a larger `range`, `pods: {range: …}`"
    yield Finding(where, wrong, f"{wider}, or fewer nodes as `most`", (("cluster", "nodes"),))
