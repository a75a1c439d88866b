"""EKS's objects as their API says them, and access entries as the Kubernetes side reads them."""

from dataclasses import dataclass, field
from typing import Any, Literal

from moto.core.exceptions import ServiceException

Document = dict[str, Any]
POLICY_ARN = "arn:aws:eks::aws:cluster-access-policy/"
POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)


@dataclass(frozen=True)
class AccessPolicy:
    name_or_arn: str
    scope: Literal["cluster", "namespace"]
    namespaces: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.name_or_arn.removeprefix(POLICY_ARN)


@dataclass(frozen=True)
class AccessEntry:
    """Who a principal is to the cluster, and what it may do there."""

    cluster: str
    principal_arn: str
    username: str  # may hold `{{SessionName}}`, which EKS fills in from the caller's session
    groups: tuple[str, ...]
    policies: tuple[AccessPolicy, ...]
    type: str = "STANDARD"


@dataclass
class Cluster:
    """Documents in the API's own words; endpoint and certificate authority are added when they are read."""

    document: Document
    creator_is_admin: bool
    nodegroups: dict[str, Document] = field(default_factory=dict)
    fargate: dict[str, Document] = field(default_factory=dict)
    addons: dict[str, Document] = field(default_factory=dict)
    identities: dict[str, Document] = field(default_factory=dict)  # pod identity associations by id
    entries: dict[str, Document] = field(default_factory=dict)  # by principal ARN
    policies: dict[str, dict[str, Document]] = field(default_factory=dict)  # principal ARN → policy ARN → association
    updates: dict[str, Document] = field(default_factory=dict)
    security_group: str | None = None


class EksError(ServiceException):
    """A modelled error of EKS."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def not_found(message: str) -> EksError:
    return EksError("ResourceNotFoundException", message)


def in_use(message: str) -> EksError:
    return EksError("ResourceInUseException", message)


def invalid(message: str) -> EksError:
    return EksError("InvalidParameterException", message)
