"""The rights of the Kubernetes Cluster Autoscaler, as its project publishes them, narrowed to this cluster's groups."""

from collections.abc import Iterator

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cluster import Cluster
from pipeline.parts.identity import associate, pod_role
from pipeline.parts.shared import ClusterName

NAMESPACE, ACCOUNT = "kube-system", "cluster-autoscaler"
TAG = "k8s.io/cluster-autoscaler"  # EKS puts it on the Auto Scaling groups of managed node groups
READS = (
    *("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances"),
    *("autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags"),
    *("ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions"),
    "ec2:GetInstanceTypesFromInstanceRequirements",
)
CHANGES = ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup")
INSTALL = (
    "helm upgrade --install cluster-autoscaler cluster-autoscaler"
    " --repo https://kubernetes.github.io/autoscaler --namespace kube-system"
    " --set autoDiscovery.clusterName={cluster} --set awsRegion={region}"
    " --set rbac.serviceAccount.name=cluster-autoscaler"
)
REASON = "It asks which groups there are, which knows no resources, and changes those that carry the cluster's tag."


class Autoscaler(Construct):
    """A role, its association with the autoscaler's service account, and the command that installs it."""

    def __init__(self, scope: Construct, construct_id: str, cluster: Cluster, name: ClusterName) -> None:
        super().__init__(scope, construct_id)
        role = pod_role(self, "Role", name, NAMESPACE, ACCOUNT)
        for statement in _statements(name.name):
            role.add_to_policy(statement)
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{resource}]": REASON for resource in _told(name.name)})
        associate(self, cluster.eks.cluster_name, NAMESPACE, ACCOUNT, role)
        command = INSTALL.format(cluster=name.name, region=Aws.REGION)
        output = CfnOutput(self, "Install", value=command, description="Installs the Cluster Autoscaler")
        output.override_logical_id("InstallAutoscaler")


def _statements(cluster: str) -> Iterator[iam.PolicyStatement]:
    place = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
    groups = f"arn:{Aws.PARTITION}:autoscaling:{place}:autoScalingGroup:*:autoScalingGroupName/*"
    ours = {f"aws:ResourceTag/{TAG}/enabled": "true", f"aws:ResourceTag/{TAG}/{cluster}": "owned"}
    yield iam.PolicyStatement(actions=list(READS), resources=["*"])
    yield iam.PolicyStatement(
        actions=["eks:DescribeNodegroup"],
        resources=[f"arn:{Aws.PARTITION}:eks:{place}:nodegroup/{cluster}/*"],
    )
    yield iam.PolicyStatement(actions=list(CHANGES), resources=[groups], conditions={"StringEquals": ours})


def _told(cluster: str) -> Iterator[str]:
    """The resources with a star, as cdk-nag writes them."""
    place = "<AWS::Region>:<AWS::AccountId>"
    yield "*"
    yield f"arn:<AWS::Partition>:eks:{place}:nodegroup/{cluster}/*"
    yield f"arn:<AWS::Partition>:autoscaling:{place}:autoScalingGroup:*:autoScalingGroupName/*"
