"""The cluster's model → its plan. Finds no fault: check.py does."""

from collections.abc import Mapping
from typing import Literal

from pipeline.config.cluster import model
from pipeline.config.cluster import networkplan as network
from pipeline.config.cluster.endpoint import Endpoint
from pipeline.config.cluster.equipment.resolve import resolve as equip
from pipeline.config.cluster.instances import architecture
from pipeline.config.cluster.nodes import NodeGroup, Nodes
from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster, NodeGroupPlan, PersonPlan
from pipeline.config.cluster.scaling.resolve import resolve as scale
from pipeline.config.cluster.taints import TaintOf

DISK = 50  # GiB
TYPE = "m6i.large"
RIGHTS: tuple[Literal["view", "edit", "admin"], ...] = ("view", "edit", "admin")


def resolve(
    name: str, cluster: model.Cluster | model.ExistingCluster, namespaces: Mapping[str, str], isolates: bool
) -> ClusterPlan | ExistingCluster:
    """`namespaces` of the environments, by name."""
    if isinstance(cluster, model.ExistingCluster):
        return ExistingCluster(cluster.existing)
    return ClusterPlan(
        name=name,
        version=cluster.version,
        support=cluster.support,
        nodes=() if cluster.compute == "auto" else _groups(cluster.nodes),
        public_from=cluster.endpoint.public_from if isinstance(cluster.endpoint, Endpoint) else (),
        logs=cluster.logs,
        protection=cluster.protection,
        admins=cluster.admins,
        people=_people(cluster.people, namespaces),
        isolates=isolates,
        private=cluster.endpoint == "private",
        network=network.resolve(cluster.network),
        fargate=tuple((name, namespaces[name]) for name in cluster.fargate if name in namespaces),
        secrets_key=cluster.secrets_key,
        equipment=equip(cluster),
        scaling=scale(cluster),
    )


def _groups(nodes: Nodes | Mapping[str, NodeGroup]) -> tuple[NodeGroupPlan, ...]:
    if isinstance(nodes, Nodes):
        return (NodeGroupPlan(None, (nodes.type,), architecture(nodes.type), nodes.least, nodes.most, DISK),)
    return tuple(_group(name, group) for name, group in nodes.items())


def _group(name: str, group: NodeGroup) -> NodeGroupPlan:
    types = group.types or (group.type or TYPE,)
    return NodeGroupPlan(
        name=name,
        types=types,
        architecture=architecture(types[0]),
        least=group.least,
        most=group.most,
        disk=group.disk,
        spot=group.spot,
        labels=tuple(sorted(group.labels.items())),
        taints=tuple(TaintOf(taint.key, taint.value or "", taint.effect) for taint in group.taints),
        image=group.image,
        unavailable=group.unavailable,
    )


def _people(people: tuple[model.Person, ...], namespaces: Mapping[str, str]) -> tuple[PersonPlan, ...]:
    """One of each role: EKS takes one access entry of a principal, and one scope of a policy."""
    rights: dict[str, dict[str, set[str]]] = {}
    for person in people:
        within = namespaces if person.within is None else [name for name in person.within if name in namespaces]
        rights.setdefault(person.role, {}).setdefault(person.can, set()).update(namespaces[name] for name in within)
    return tuple(
        PersonPlan(role, tuple((can, tuple(sorted(of[can]))) for can in RIGHTS if of.get(can)))
        for role, of in rights.items()
    )
