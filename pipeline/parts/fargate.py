"""Environments whose pods run on AWS Fargate."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.nodes import POLICY, REASON

EXECUTION = "AmazonEKSFargatePodExecutionRolePolicy"


class Fargate(Construct):
    """One profile for each environment, made one after the other: EKS makes one of a cluster at a time."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        cluster: eks.Cluster,
        environments: Sequence[tuple[str, str]],
        subnets: Sequence[ec2.ISubnet],
        ways: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, construct_id)
        role = self._role(cluster)
        waits: list[IDependable] = list(ways)
        for name, namespace in environments:
            profile = eks.CfnFargateProfile(
                self,
                name,
                cluster_name=cluster.cluster_name,
                pod_execution_role_arn=role.role_arn,
                selectors=[eks.CfnFargateProfile.SelectorProperty(namespace=namespace)],
                subnets=[subnet.subnet_id for subnet in subnets],
            )
            profile.node.add_dependency(*waits)
            waits = [profile]

    def _role(self, cluster: eks.Cluster) -> iam.Role:
        """Only profiles of this cluster may take it on."""
        profiles = f"arn:{Aws.PARTITION}:eks:{Aws.REGION}:{Aws.ACCOUNT_ID}:fargateprofile/{cluster.cluster_name}/*"
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "eks-fargate-pods.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": profiles}}
            ),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(EXECUTION)],
        )
        acknowledge(role, {POLICY.format(EXECUTION): REASON})
        return role
