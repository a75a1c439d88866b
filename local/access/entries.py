"""The access entries of all clusters, as the EKS of this machine keeps them."""

from local.access.entry import AccessEntry, AssociatedPolicy
from local.aws import eks


def all_entries() -> list[AccessEntry]:
    """As they are at this moment."""
    return [entry_of(each) for cluster in eks.clusters() for each in eks.access_entries(cluster)]


def entry_of(said: eks.AccessEntry) -> AccessEntry:
    policies = tuple(
        AssociatedPolicy(each.name, None if each.scope == "cluster" else each.namespaces) for each in said.policies
    )
    return AccessEntry(said.cluster, said.principal_arn, said.username, said.groups, policies)
