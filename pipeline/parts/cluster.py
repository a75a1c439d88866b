"""The EKS cluster and its managed node group."""

from aws_cdk import CfnResource
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from constructs import Construct

from pipeline.config.service import ClusterPlan
from pipeline.parts.acknowledge import acknowledge

LOGS = [
    eks.ClusterLoggingTypes.API,
    eks.ClusterLoggingTypes.AUDIT,
    eks.ClusterLoggingTypes.AUTHENTICATOR,
    eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
    eks.ClusterLoggingTypes.SCHEDULER,
]


class Cluster(Construct):
    """`eks`: API authentication only, all control-plane logs, Secrets encrypted under a key of its own."""

    def __init__(self, scope: Construct, construct_id: str, plan: ClusterPlan, vpc: ec2.IVpc) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(self, "SecretsKey", description=f"Kubernetes Secrets of {plan.name}", enable_key_rotation=True)
        self.eks = eks.Cluster(
            self,
            "Cluster",
            cluster_name=plan.name,
            version=eks.KubernetesVersion.of(plan.version),
            vpc=vpc,
            vpc_subnets=[ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)],
            endpoint_access=eks.EndpointAccess.PUBLIC_AND_PRIVATE,
            cluster_logging=LOGS,
            secrets_encryption_key=key,
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
        )
        # CDK's own kubectl waits for this parameter; there is no kubectl of CDK's here.
        self.eks.node.try_remove_child("KubectlReadyBarrier")
        # CDK lets the cluster wait for the whole network; it names its subnets already, and the nodes wait for routes.
        resource = self.eks.node.default_child
        assert isinstance(resource, CfnResource)
        resource.add_deletion_override("DependsOn")
        self.nodes = self.eks.add_nodegroup_capacity(
            "Nodes",
            instance_types=[ec2.InstanceType(plan.node_type)],
            ami_type=eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
            min_size=plan.least_nodes,
            desired_size=plan.least_nodes,
            max_size=plan.most_nodes,
            disk_size=50,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        )
        for subnet in vpc.private_subnets:
            self.nodes.node.add_dependency(subnet.internet_connectivity_established)
        self._acknowledge()

    def _acknowledge(self) -> None:
        policy = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{}]"
        reason = "EKS names this policy as the one that {} need, and AWS keeps it in step with Kubernetes."
        acknowledge(self.eks.role, {policy.format("AmazonEKSClusterPolicy"): reason.format("control planes")})
        nodes = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
        acknowledge(self.nodes.role, {policy.format(name): reason.format("nodes") for name in nodes})
        open_endpoint = (
            "Deployers and people reach the API server from outside of the VPC; "
            "IAM authenticates each request and access entries bound to namespaces authorize it."
        )
        acknowledge(self.eks, {"AwsSolutions-EKS1": open_endpoint})
