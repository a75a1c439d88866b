"""A cluster with every default chosen: what the cluster stack is made from."""

from dataclasses import dataclass, field
from typing import Literal

from pipeline.config.cluster.equipment.plan import Equipment
from pipeline.config.cluster.instances import Architecture
from pipeline.config.cluster.networkplan import MADE, NetworkPlan
from pipeline.config.cluster.scaling.plan import Scaling
from pipeline.config.cluster.taints import TaintOf


@dataclass(frozen=True)
class NodeGroupPlan:
    """`name` is None of the one that stands for all: it has no launch template of its own."""

    name: str | None
    types: tuple[str, ...]
    architecture: Architecture
    least: int
    most: int
    disk: int  # GiB
    spot: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    taints: tuple[TaintOf, ...] = ()
    image: Literal["al2023", "bottlerocket"] = "al2023"
    unavailable: int = 1  # nodes that an update may replace at a time


@dataclass(frozen=True)
class PersonPlan:
    """What one IAM role may do in namespaces: rights by namespace lists, the least first."""

    role: str
    rights: tuple[tuple[Literal["view", "edit", "admin"], tuple[str, ...]], ...]


@dataclass(frozen=True)
class ClusterPlan:
    """A cluster to be made."""

    name: str
    version: str
    support: Literal["standard", "extended"] | None  # None: EKS's own default
    nodes: tuple[NodeGroupPlan, ...]  # none: EKS Auto Mode
    public_from: tuple[str, ...]  # IPv4 ranges; none: from everywhere
    logs: tuple[str, ...]
    protection: bool | None  # None: EKS's own default
    admins: tuple[str, ...]
    people: tuple[PersonPlan, ...]
    isolates: bool  # some environment does: the network has to enforce its policies
    private: bool = False  # the API server is reached from inside of the VPC alone
    network: NetworkPlan = MADE
    fargate: tuple[tuple[str, str], ...] = ()  # environments whose pods run there, each with its namespace
    secrets_key: str | None = None  # ARN; None: one that the stack makes
    equipment: Equipment = field(default_factory=Equipment)
    scaling: Scaling = field(default_factory=Scaling)

    @property
    def auto(self) -> bool:
        return not self.nodes

    @property
    def from_inside(self) -> bool:
        """Whether what reaches the API server has to run in the cluster's network."""
        return self.private or bool(self.public_from)


@dataclass(frozen=True)
class ExistingCluster:
    """One that somebody else has made and looks after."""

    name: str
