"""Which RoleBindings and ClusterRoleBindings the access entries ask for: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from local.access.entry import AccessEntry
from local.access.kube import LABEL
from local.access.policies import POLICIES

_API = "/apis/rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Binding:
    """A policy given to an entry's group, in one namespace or (None) in the whole cluster."""

    entry: str  # its key
    group: str
    policy: str
    namespace: str | None

    @property
    def name(self) -> str:
        return f"eks:{self.policy}:{self.entry}"

    @property
    def collection(self) -> str:
        """The path to create it at."""
        if self.namespace is None:
            return f"{_API}/clusterrolebindings"
        return f"{_API}/namespaces/{self.namespace}/rolebindings"

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.name}"

    def manifest(self) -> dict[str, Any]:
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding" if self.namespace is None else "RoleBinding",
            "metadata": {"name": self.name, "labels": {LABEL: self.entry}},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": self.group}],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"eks:{self.policy}",
            },
        }


def wanted(entries: Iterable[AccessEntry], namespaces: Sequence[str]) -> frozenset[Binding]:
    """A namespace that is not there yet gets its bindings when it is."""
    return frozenset(binding for entry in entries for binding in _of(entry, namespaces))


def _of(entry: AccessEntry, namespaces: Sequence[str]) -> Iterable[Binding]:
    for policy in entry.policies:
        if policy.name not in POLICIES:
            raise ValueError(f"EKS has no access policy {policy.name}")
        places = [None] if policy.namespaces is None else filter(policy.covers, namespaces)
        for namespace in places:
            yield Binding(entry.key, entry.group, policy.name, namespace)


def found(manifest: dict[str, Any]) -> Binding:
    """A binding of ours as the cluster has it."""
    metadata = manifest["metadata"]
    subjects = manifest.get("subjects") or [{}]
    policy = manifest["roleRef"]["name"].removeprefix("eks:")
    return Binding(metadata["labels"][LABEL], subjects[0].get("name", ""), policy, metadata.get("namespace"))
