"""The cluster stack: the network, the EKS cluster with its nodes, and the environments' namespaces."""

from typing import Any

from aws_cdk import Fn, Stack
from constructs import Construct

from pipeline.config.service import Service
from pipeline.parts.access import administer
from pipeline.parts.cluster import Cluster
from pipeline.parts.namespaces import Namespaces
from pipeline.parts.network import Network
from pipeline.parts.shared import ClusterName

ZONES = 3


class ClusterStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, service: Service, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, description=f"The cluster that {service.name} is released to", **kwargs)
        network = Network(self, "Network", service.name)
        cluster = Cluster(self, "Cluster", service.name, service.cluster, network.vpc)
        name = ClusterName(service.name)
        for number, admin in enumerate(service.cluster.admins):
            administer(self, f"Admin{number}", name, admin).node.add_dependency(cluster)
        Namespaces(self, "Namespaces", service, cluster)

    @property
    def availability_zones(self) -> list[str]:
        """Three, whatever is known of the account: CDK's own answer without one is two, and with one a look-up."""
        return [Fn.select(index, Fn.get_azs()) for index in range(ZONES)]
