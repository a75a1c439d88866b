"""The cluster stack: the environments' namespaces; and the network and the EKS cluster, unless that is there."""

from typing import Any

from aws_cdk import Fn, Stack
from constructs import Construct

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.service import Service
from pipeline.parts.access import administer, admit
from pipeline.parts.cluster import Cluster
from pipeline.parts.namespaces import Namespaces
from pipeline.parts.network import Network
from pipeline.parts.shared import ClusterName

ZONES = 3


class ClusterStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, service: Service, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description=f"The cluster that {service.name} is released to", **kwargs)
        made = self._made(service.cluster) if isinstance(service.cluster, ClusterPlan) else None
        Namespaces(self, "Namespaces", service, made)

    def _made(self, plan: ClusterPlan) -> Cluster:
        network = Network(self, "Network", plan.name)
        cluster = Cluster(self, "Cluster", plan, network.vpc)
        for number, admin in enumerate(plan.admins):
            administer(self, f"Admin{number}", ClusterName(plan.name), admin).node.add_dependency(cluster)
        for number, person in enumerate(plan.people):
            admit(self, f"Person{number}", ClusterName(plan.name), person).node.add_dependency(cluster)
        return cluster

    @property
    def availability_zones(self) -> list[str]:
        """Three, whatever is known of the account: CDK's own answer without one is two, and with one a look-up."""
        return [Fn.select(index, Fn.get_azs()) for index in range(ZONES)]
