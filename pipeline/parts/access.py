"""Access entries: who may do what in the cluster, by IAM role."""

from aws_cdk import Aws
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.parts.shared import ClusterName


def edit_namespaces(
    scope: Construct, construct_id: str, cluster: ClusterName, role: iam.IRole, *namespaces: str
) -> eks.CfnAccessEntry:
    """The role may read and change what is in these namespaces, and nothing else."""
    scope_of = eks.CfnAccessEntry.AccessScopeProperty(type="namespace", namespaces=list(namespaces))
    return _entry(scope, construct_id, cluster, role.role_arn, "AmazonEKSEditPolicy", scope_of)


def administer(scope: Construct, construct_id: str, cluster: ClusterName, principal_arn: str) -> eks.CfnAccessEntry:
    """The principal may do everything in the cluster."""
    scope_of = eks.CfnAccessEntry.AccessScopeProperty(type="cluster")
    return _entry(scope, construct_id, cluster, principal_arn, "AmazonEKSClusterAdminPolicy", scope_of)


def _entry(
    scope: Construct,
    construct_id: str,
    cluster: ClusterName,
    principal_arn: str,
    policy: str,
    scope_of: eks.CfnAccessEntry.AccessScopeProperty,
) -> eks.CfnAccessEntry:
    return eks.CfnAccessEntry(
        scope,
        construct_id,
        cluster_name=cluster.name,
        principal_arn=principal_arn,
        type="STANDARD",
        access_policies=[
            eks.CfnAccessEntry.AccessPolicyProperty(
                policy_arn=f"arn:{Aws.PARTITION}:eks::aws:cluster-access-policy/{policy}", access_scope=scope_of
            )
        ],
    )
