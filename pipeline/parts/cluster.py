"""The EKS cluster."""

from typing import Any

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from constructs import Construct, IDependable

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cni import configured, era
from pipeline.parts.fargate import Fargate
from pipeline.parts.network import ENDPOINTS, TAGS, Network
from pipeline.parts.nodes import POLICY, Place, auto_mode_role, node_group

LOGS = {
    "api": eks.ClusterLoggingTypes.API,
    "audit": eks.ClusterLoggingTypes.AUDIT,
    "authenticator": eks.ClusterLoggingTypes.AUTHENTICATOR,
    "controllerManager": eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
    "scheduler": eks.ClusterLoggingTypes.SCHEDULER,
}
CONTROL_PLANE = ("AmazonEKSClusterPolicy",)
AUTO_MODE = (
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)


class Cluster(Construct):
    """`eks`: API authentication only, Secrets encrypted under a key of its own; `nodes` are its node groups."""

    def __init__(self, scope: Construct, construct_id: str, plan: ClusterPlan, network: Network) -> None:
        super().__init__(scope, construct_id)
        self.eks = eks.Cluster(
            self,
            "Cluster",
            cluster_name=plan.name,
            version=eks.KubernetesVersion.of(plan.version),
            vpc=network.vpc,
            vpc_subnets=[ec2.SubnetSelection(subnets=network.private)],
            endpoint_access=_access(plan),
            service_ipv4_cidr=plan.network.services,
            ip_family=eks.IpFamily.IP_V6 if plan.network.ipv6 else None,
            cluster_logging=[LOGS[kind] for kind in plan.logs],
            secrets_encryption_key=self._key(plan),
            **self._compute(plan),
        )
        # CDK's own kubectl waits for this parameter; there is no kubectl of CDK's here.
        self.eks.node.try_remove_child("KubectlReadyBarrier")
        self._adjust(plan)
        ways: list[IDependable] = list(network.ways)
        addon = configured(self, self.eks, plan, network)
        if addon and plan.network.own_pods:
            ways.append(addon)
        place = Place(network.private, ways, era(plan.network))
        self.nodes = [node_group(self.eks, group, place) for group in plan.nodes]
        if plan.fargate:
            Fargate(self, "Fargate", self.eks, plan.fargate, network.private, network.ways)
        self._acknowledge(plan)

    def _key(self, plan: ClusterPlan) -> kms.IKey:
        if plan.secrets_key:
            return kms.Key.from_key_arn(self, "SecretsKey", plan.secrets_key)
        return kms.Key(self, "SecretsKey", description=f"Kubernetes Secrets of {plan.name}", enable_key_rotation=True)

    def _compute(self, plan: ClusterPlan) -> dict[str, Any]:
        if not plan.auto:
            return {"default_capacity_type": eks.DefaultCapacityType.NODEGROUP, "default_capacity": 0}
        return {
            "default_capacity_type": eks.DefaultCapacityType.AUTOMODE,
            "compute": eks.ComputeConfig(node_role=auto_mode_role(self)),
            "bootstrap_self_managed_addons": False,  # Auto Mode brings what they do
        }

    def _adjust(self, plan: ClusterPlan) -> None:
        """What CDK's construct has no words for."""
        resource = self.eks.node.default_child
        assert isinstance(resource, eks.CfnCluster)
        # CDK lets the cluster wait for the whole network; it names its subnets already, and the nodes wait for routes.
        resource.add_deletion_override("DependsOn")
        if plan.protection is not None:
            resource.deletion_protection = plan.protection
        if plan.support:
            resource.upgrade_policy = eks.CfnCluster.UpgradePolicyProperty(support_type=plan.support.upper())

    def _acknowledge(self, plan: ClusterPlan) -> None:
        reason = "EKS names this policy as the one that control planes need, and AWS keeps it in step with Kubernetes."
        policies = (*CONTROL_PLANE, *(AUTO_MODE if plan.auto else ()))
        acknowledge(self.eks.role, {POLICY.format(name): reason for name in policies})
        open_endpoint = (
            "Deployers and people reach the API server from outside of the VPC; "
            "IAM authenticates each request and access entries bound to namespaces authorize it."
        )
        if not plan.private:
            acknowledge(self.eks, {"AwsSolutions-EKS1": open_endpoint})
        told = Annotations.of(self.eks)
        if plan.network.existing:
            told.acknowledge_warning("@aws-cdk/aws-eks:clusterMustManuallyTagSubnet", TAGS)
        elif plan.network.nat == "none":
            told.acknowledge_warning("@aws-cdk/aws-eks:isolatedSubnetsForKubectlPrivateSubnets", ENDPOINTS)
        unwanted = "The definition says which logs of the control plane are kept."
        off = [kind for kind in LOGS if kind not in plan.logs]
        acknowledge(self.eks, {f"AwsSolutions-EKS2[LogExport::{kind}]": unwanted for kind in off})


def _access(plan: ClusterPlan) -> eks.EndpointAccess:
    if plan.private:
        return eks.EndpointAccess.PRIVATE
    access = eks.EndpointAccess.PUBLIC_AND_PRIVATE
    return access.only_from(*plan.public_from) if plan.public_from else access
