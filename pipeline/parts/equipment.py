"""What a cluster comes with besides its machines, from its plan."""

from constructs import Construct

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.parts.addons import Addons
from pipeline.parts.autoscaler import Autoscaler
from pipeline.parts.balancing import Balancing
from pipeline.parts.cluster import Cluster
from pipeline.parts.karpenter import Karpenter
from pipeline.parts.network import Network
from pipeline.parts.prometheus import Prometheus
from pipeline.parts.shared import ClusterName
from pipeline.parts.storage import Files, Wanted, disk_class


class Equipment(Construct):
    """`classes` are the StorageClasses that are to be made in the cluster."""

    def __init__(
        self, scope: Construct, construct_id: str, plan: ClusterPlan, cluster: Cluster, network: Network
    ) -> None:
        super().__init__(scope, construct_id)
        asked, name = plan.equipment, ClusterName(plan.name)
        self.classes: list[Wanted] = [disk_class(plan)] if asked.ebs else []
        Addons(self, "Addons", cluster, name, asked)
        if asked.efs:
            self.classes.append(Files(self, "Files", plan.name, cluster, network).storage_class)
        if asked.load_balancers:
            Balancing(self, "Balancing", cluster, name, network.vpc)
        if plan.scaling.karpenter:
            Karpenter(self, "Karpenter", plan, cluster, network.private)
        if plan.scaling.autoscaler:
            Autoscaler(self, "Autoscaler", cluster, name)
        if asked.prometheus:
            Prometheus(self, "Prometheus", asked.prometheus, cluster, name, network)
