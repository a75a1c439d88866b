"""Roles that pods of one service account get by EKS Pod Identity."""

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.parts.shared import ClusterName


def pod_role(
    scope: Construct, construct_id: str, cluster: ClusterName, namespace: str, account: str, *managed: str
) -> iam.Role:
    """For that service account of that cluster alone: EKS tells both when it takes the role on. `managed` are names of
    AWS's policies."""
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("pods.eks.amazonaws.com"),
        description=f"{account} in {namespace} of the cluster {cluster.name}",
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in managed],
    )
    resource = role.node.default_child
    assert isinstance(resource, iam.CfnRole)
    resource.assume_role_policy_document = iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                actions=["sts:AssumeRole", "sts:TagSession"],
                principals=[iam.ServicePrincipal("pods.eks.amazonaws.com")],
                conditions={
                    "StringEquals": {
                        "aws:RequestTag/eks-cluster-arn": cluster.arn,
                        "aws:RequestTag/kubernetes-namespace": namespace,
                        "aws:RequestTag/kubernetes-service-account": account,
                    }
                },
            )
        ]
    )
    return role


def associate(scope: Construct, cluster: str, namespace: str, account: str, role: iam.IRole) -> None:
    """Has EKS hand the role to that service account of the cluster of that name."""
    eks.CfnPodIdentityAssociation(
        scope,
        "Association",
        cluster_name=cluster,
        namespace=namespace,
        service_account=account,
        role_arn=role.role_arn,
    )
