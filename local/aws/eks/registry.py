"""The clusters of the account, and who listens when their access entries change."""

import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from local.aws.clients import Aws
from local.aws.eks.model import AccessEntry, AccessPolicy, Cluster, Document, not_found

log = logging.getLogger("local.aws.eks")
Listener = Callable[[str], None]


@dataclass
class Registry:
    aws: Aws
    clusters: dict[str, Cluster] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)

    def get(self, name: str) -> Cluster:
        if name not in self.clusters:
            raise not_found(f"No cluster found for name: {name}.")
        return self.clusters[name]

    def changed(self, cluster: str) -> None:
        """Tell who listens; what a listener does about it is its own affair."""
        for listener in self.listeners:
            listener(cluster)

    def shown(self, cluster: Cluster) -> Document:
        """The cluster with the address and the authority of the node as it is now."""
        authority = self.aws.home.kube_ca
        data = base64.b64encode(authority.read_bytes()).decode() if authority.exists() else ""
        return {**cluster.document, "endpoint": self.aws.home.kube_url, "certificateAuthority": {"data": data}}

    def access_entries(self, name: str) -> list[AccessEntry]:
        """None of a cluster that does not exist."""
        cluster = self.clusters.get(name)
        if cluster is None:
            return []
        return [_entry(name, cluster, principal) for principal in list(cluster.entries)]


def _entry(name: str, cluster: Cluster, principal: str) -> AccessEntry:
    document = cluster.entries[principal]
    policies = tuple(
        AccessPolicy(arn, each["accessScope"]["type"], tuple(each["accessScope"].get("namespaces", ())))
        for arn, each in cluster.policies.get(principal, {}).items()
    )
    return AccessEntry(
        name, principal, document["username"], tuple(document["kubernetesGroups"]), policies, document["type"]
    )
