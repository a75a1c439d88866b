"""The cluster stack: the environments' namespaces; and the network and the EKS cluster, unless that is there."""

import hashlib
from typing import Any

from aws_cdk import Fn, Stack
from constructs import Construct

from pipeline.config.cluster.endpoints import endpoints
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.service import Service
from pipeline.parts.access import administer, admit
from pipeline.parts.cluster import Cluster
from pipeline.parts.door import Door
from pipeline.parts.equipment import Equipment
from pipeline.parts.namespaces import Namespaces, own_namespaces
from pipeline.parts.network import ZONES, Network
from pipeline.parts.shared import ClusterName


class ClusterStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, service: Service, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description=f"The cluster that {service.name} is released to", **kwargs)
        if isinstance(service.cluster, ClusterPlan):
            self._make(service, service.cluster)
        else:
            Namespaces(self, "Namespaces", own_namespaces(service))

    def _make(self, service: Service, plan: ClusterPlan) -> None:
        network = Network(self, "Network", plan.name, plan.network, endpoints(service))
        cluster = Cluster(self, "Cluster", plan, network)
        for number, admin in enumerate(plan.admins):
            administer(self, f"Admin{number}", ClusterName(plan.name), admin).node.add_dependency(cluster)
        for person in plan.people:
            # Known by the role: EKS takes no second entry of one, as a list that moves up would make for a moment.
            construct_id = f"Person-{hashlib.sha256(person.role.encode()).hexdigest()[:12]}"
            admit(self, construct_id, ClusterName(plan.name), person).node.add_dependency(cluster)
        door = Door(self, "Door", service.name, cluster, network) if plan.from_inside else None
        classes = Equipment(self, "Equipment", plan, cluster, network).classes
        Namespaces(self, "Namespaces", own_namespaces(service), cluster, door, classes)

    @property
    def availability_zones(self) -> list[str]:
        """Three, whatever is known of the account: CDK's own answer without one is two, and with one a look-up."""
        return [Fn.select(index, Fn.get_azs()) for index in range(ZONES)]
