"""Access entries: who may do what in the cluster, by IAM role."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.cluster.plan import PersonPlan
from pipeline.parts.shared import ClusterName

POLICIES = {"view": "AmazonEKSViewPolicy", "edit": "AmazonEKSEditPolicy", "admin": "AmazonEKSAdminPolicy"}


def edit_namespaces(
    scope: Construct,
    construct_id: str,
    cluster: ClusterName,
    role: iam.IRole,
    *namespaces: str,
    groups: Sequence[str] = (),
) -> eks.CfnAccessEntry:
    """The role may read and change what is in these namespaces, and what RoleBindings give the groups."""
    return _entry(scope, construct_id, cluster, role.role_arn, [_in_namespaces("edit", namespaces)], list(groups))


def enter_group(
    scope: Construct, construct_id: str, cluster: ClusterName, role: iam.IRole, group: str
) -> eks.CfnAccessEntry:
    """The role may do what RoleBindings in the cluster give that Kubernetes group, and nothing else."""
    return eks.CfnAccessEntry(
        scope,
        construct_id,
        cluster_name=cluster.name,
        principal_arn=role.role_arn,
        type="STANDARD",
        kubernetes_groups=[group],
    )


def admit(scope: Construct, construct_id: str, cluster: ClusterName, person: PersonPlan) -> eks.CfnAccessEntry:
    """The person may do in some namespaces what the plan says, and nothing outside of them."""
    policies = [_in_namespaces(can, namespaces) for can, namespaces in person.rights]
    return _entry(scope, construct_id, cluster, person.role, policies)


def join(scope: Construct, construct_id: str, cluster: ClusterName, role: iam.IRole, group: str) -> eks.CfnAccessEntry:
    """The role may do what RoleBindings in the cluster give to the group, and nothing else."""
    return _entry(scope, construct_id, cluster, role.role_arn, [], [group])


def administer(scope: Construct, construct_id: str, cluster: ClusterName, principal_arn: str) -> eks.CfnAccessEntry:
    """The principal may do everything in the cluster."""
    everywhere = eks.CfnAccessEntry.AccessScopeProperty(type="cluster")
    return _entry(scope, construct_id, cluster, principal_arn, [_policy("AmazonEKSClusterAdminPolicy", everywhere)])


def _in_namespaces(can: str, namespaces: Sequence[str]) -> eks.CfnAccessEntry.AccessPolicyProperty:
    scope_of = eks.CfnAccessEntry.AccessScopeProperty(type="namespace", namespaces=list(namespaces))
    return _policy(POLICIES[can], scope_of)


def _policy(name: str, scope_of: eks.CfnAccessEntry.AccessScopeProperty) -> eks.CfnAccessEntry.AccessPolicyProperty:
    return eks.CfnAccessEntry.AccessPolicyProperty(
        policy_arn=f"arn:{Aws.PARTITION}:eks::aws:cluster-access-policy/{name}", access_scope=scope_of
    )


def _entry(
    scope: Construct,
    construct_id: str,
    cluster: ClusterName,
    principal_arn: str,
    policies: list[eks.CfnAccessEntry.AccessPolicyProperty],
    groups: list[str] | None = None,
) -> eks.CfnAccessEntry:
    return eks.CfnAccessEntry(
        scope,
        construct_id,
        cluster_name=cluster.name,
        principal_arn=principal_arn,
        type="STANDARD",
        access_policies=policies or None,
        kubernetes_groups=groups or None,
    )
