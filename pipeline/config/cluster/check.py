"""What EKS and Kubernetes would refuse of a cluster, or leave without a node that pods can run on."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator

from pipeline.config.cluster import model
from pipeline.config.cluster.equipment import check as equipment
from pipeline.config.cluster.instances import Architecture, architecture
from pipeline.config.cluster.nodes import NodeGroup, Nodes
from pipeline.config.cluster.plan import ClusterPlan, NodeGroupPlan
from pipeline.config.cluster.scaling import check as scaling
from pipeline.config.cluster.scaling.model import Pool
from pipeline.config.cluster.taints import keep_away
from pipeline.config.cluster.versions import CALENDAR
from pipeline.config.messages import meant
from pipeline.config.problems import Finding, Path, repeated

RESERVED = ("kubernetes.io", "k8s.io", "eks.amazonaws.com")
OF_THE_NODE = ("node.kubernetes.io", "kubelet.kubernetes.io")  # a kubelet may set these labels of itself
AMD64: tuple[Architecture, ...] = ("amd64",)
NODES: Path = ("cluster", "nodes")


def findings(
    written: model.Cluster,
    plan: ClusterPlan,
    environments: Iterable[str],
    today: dt.date | None = None,
    built: Collection[Architecture] = AMD64,
) -> Iterator[Finding]:
    """`built`: what all images of the service are for; none where they differ."""
    yield from _version(written, today or dt.datetime.now(dt.UTC).date())
    yield from _compute(written)
    yield from _nodes(written.nodes, plan, built)
    yield from _scaling(written, plan, built)
    ranges = plan.public_from
    for where, words in (("endpoint", "public_from"), ranges), (("logs",), written.logs):
        yield from repeated([(("cluster", *where, index), word) for index, word in enumerate(words)], "once is enough")
    yield from _people(written, list(environments))
    yield from equipment.findings(written, plan.equipment, plan.isolates)


def _version(cluster: model.Cluster, today: dt.date) -> Iterator[Finding]:
    support, where = CALENDAR[cluster.version], ("cluster", "version")
    newest = max(CALENDAR, key=lambda version: CALENDAR[version].standard)
    other = f"take {newest}" if newest != cluster.version else "take a toolkit that knows a newer one"
    match support.kind(today):
        case "none":
            yield Finding(where, f"EKS has supported {cluster.version} until {support.extended}", other)
        case "extended" if cluster.support == "standard":
            wrong = f"{cluster.version} left standard support on {support.standard}, and EKS upgrades it by itself"
            yield Finding(where, wrong, f"{other}, or write `support: extended`, which costs more")


def _compute(cluster: model.Cluster) -> Iterator[Finding]:
    if cluster.compute == "auto" and "nodes" in cluster.model_fields_set:
        yield Finding(NODES, "EKS Auto Mode has no node groups of ours", "leave `nodes` or `compute: auto` out")


def _nodes(
    nodes: Nodes | dict[str, NodeGroup], plan: ClusterPlan, built: Collection[Architecture]
) -> Iterator[Finding]:
    if isinstance(nodes, dict):
        for name, group in nodes.items():
            yield from _types((*NODES, name), group)
            yield from _labels((*NODES, name), group)
    for each in plan.nodes:
        yield from _group((*NODES, each.name) if each.name else NODES, each, built)
    yield from _somewhere(plan, built)


def _scaling(written: model.Cluster, plan: ClusterPlan, built: Collection[Architecture]) -> Iterator[Finding]:
    yield from scaling.findings(written, plan.scaling, built)
    for name, pool in written.karpenter.pools.items() if written.karpenter else ():
        yield from _labels((*scaling.POOLS, name), pool)


def _types(where: Path, group: NodeGroup) -> Iterator[Finding]:
    if group.type and group.types:
        yield Finding((*where, "types"), "`type` and `types` exclude each other", "keep one of them")
    if group.types and len(set(map(architecture, group.types))) > 1:
        said = ", ".join(f"{name} is {architecture(name)}" for name in group.types)
        yield Finding((*where, "types"), f"one image cannot start them all: {said}", "make a group of each")


def _labels(where: Path, group: NodeGroup | Pool) -> Iterator[Finding]:
    for key in group.labels:
        domain = key.rpartition("/")[0]
        if domain not in OF_THE_NODE and any(f".{domain}".endswith(f".{name}") for name in RESERVED):
            yield Finding((*where, "labels", key), f"EKS keeps labels of {domain} to itself", "use a domain of yours")
    pairs = [(taint.key, taint.effect) for taint in group.taints]
    for index, pair in enumerate(pairs):
        if pair in pairs[:index]:
            yield Finding((*where, "taints", index), f"`{pair[0]}` has the effect {pair[1]} already", "once is enough")


def _group(where: Path, group: NodeGroupPlan, built: Collection[Architecture]) -> Iterator[Finding]:
    if group.least > group.most:
        wrong = f"`least` ({group.least}) is more than `most` ({group.most})"
        yield Finding((*where, "least"), wrong, "make `most` the larger one")
    if group.unavailable > group.most:
        wrong = f"there are no {group.unavailable} nodes to replace at a time: `most` is {group.most}"
        yield Finding((*where, "unavailable"), wrong, f"write {group.most} or less", ((*where, "most"),))
    if group.name and group.architecture == "arm64" and "arm64" not in built and not keep_away(group.taints):
        wrong = f"pods of images that are built for amd64 would be put on {group.types[0]}, which is arm64, and fail"
        taints = "give it `taints: [{key: arch, value: arm64}]`, which pods for arm64 tolerate"
        remedy = f"{taints}, take an amd64 type, or build each image for arm64, too (`platforms`)"
        yield Finding(where, wrong, remedy)


def _somewhere(plan: ClusterPlan, built: Collection[Architecture]) -> Iterator[Finding]:
    """DNS and the service have to run on a node that is there, and whose processor their images are for. EKS's own
    images are for all; where no node is for an image that asks for platforms, platforms.py says so."""
    if plan.auto:
        return
    right = [group for group in plan.nodes if not built or group.architecture in built]
    words = " or ".join(sorted(built)) or "amd64 or arm64"
    if not right and "amd64" in built:
        where = NODES if plan.nodes[0].name else (*NODES, "type")
        wrong = "all nodes are arm64, and images are built for amd64"
        yield Finding(where, wrong, "have nodes of an amd64 type, such as m6i.large, or build each image for arm64")
    elif right and not any(group.least and not keep_away(group.taints) for group in right):
        wrong = f"no node is there for pods that ask for none: each {words} group may be empty, or keeps them away"
        yield Finding(NODES, wrong, f"have an {words} group with `least: 1` or more, and without taints")


def _people(cluster: model.Cluster, environments: list[str]) -> Iterator[Finding]:
    for index, person in enumerate(cluster.people):
        where: Path = ("cluster", "people", index)
        if person.role in cluster.admins:
            yield Finding((*where, "role"), "it is one of `admins`, and EKS takes one entry of a role", "keep one")
        if ":role/aws-service-role/" in person.role:
            yield Finding((*where, "role"), "EKS takes no service-linked role", "name a role that people take on")
        for position, name in enumerate(person.within or ()):
            if name not in environments:
                guess = meant(name, environments)
                remedy = f"did you mean `{guess}`?" if guess else f"environments are {', '.join(environments)}"
                because: tuple[Path, ...] = (("environments",),)
                yield Finding((*where, "in", position), f"there is no environment `{name}`", remedy, because)
