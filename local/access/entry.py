"""EKS access entries: who may use a cluster, as whom, and with which policies."""

import hashlib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class AssociatedPolicy:
    """`namespaces` is None for the whole cluster; its names may hold `*`."""

    name: str
    namespaces: tuple[str, ...] | None

    def covers(self, namespace: str) -> bool:
        return self.namespaces is not None and any(fnmatchcase(namespace, each) for each in self.namespaces)


@dataclass(frozen=True)
class AccessEntry:
    cluster: str
    principal_arn: str
    username: str
    groups: tuple[str, ...] = ()
    policies: tuple[AssociatedPolicy, ...] = field(default=())

    @property
    def key(self) -> str:
        """Stable and short: the same for every session of the principal."""
        return hashlib.sha256(f"{self.cluster} {self.principal_arn}".encode()).hexdigest()[:16]

    @property
    def group(self) -> str:
        """The Kubernetes group that the entry's policies are bound to."""
        return f"eks:access-entry:{self.key}"
