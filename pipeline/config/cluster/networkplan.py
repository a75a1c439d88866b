"""The cluster's network with every default chosen, and the subnets that come out of it. Finds no fault."""

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from pipeline.config.cluster import network as model

RANGE = IPv4Network("10.0.0.0/16")
RESERVED = 5  # addresses that AWS keeps in each subnet


@dataclass(frozen=True)
class ExistingVpc:
    id: str
    private: tuple[str, ...]
    public: tuple[str, ...]


@dataclass(frozen=True)
class NetworkPlan:
    """`range` and `zones` are of a VPC that is made; `existing` is one that is there already."""

    range: IPv4Network = RANGE
    zones: int = 3
    nat: Literal["one", "each", "none"] = "one"
    endpoints: tuple[str, ...] = ()
    services: str | None = None  # None: EKS chooses
    ipv6: bool = False  # pods and Services have such addresses; nodes have both
    prefix: bool = False
    pods: IPv4Network | None = None  # a second range, where pods get their addresses
    existing: ExistingVpc | None = None

    @property
    def gateways(self) -> int:
        """NAT gateways."""
        return 0 if self.existing else {"one": 1, "each": self.zones, "none": 0}[self.nat]

    @property
    def private_length(self) -> int:
        """Of a zone's private subnet: an eighth of the range, however many zones there are, so that none moves."""
        return self.range.prefixlen + 3

    @property
    def public_length(self) -> int:
        """Load balancers want 32 addresses at least."""
        return min(self.range.prefixlen + 6, 27)

    @property
    def pod_subnets(self) -> tuple[IPv4Network, ...]:
        """One in each zone, a quarter of the second range each."""
        if self.pods is None:
            return ()
        return tuple(self.pods.subnets(prefixlen_diff=2))[: self.zones]

    @property
    def spread(self) -> int:
        """How many private subnets there are."""
        return len(self.existing.private) if self.existing else self.zones

    @property
    def own_pods(self) -> bool:
        """Whether the network add-on is told how to address pods."""
        return self.prefix or self.pods is not None


MADE = NetworkPlan()  # as it is when nothing is written


def usable(length: int) -> int:
    """Addresses of a subnet of that length."""
    return int(2 ** (32 - length)) - RESERVED


def resolve(written: model.Network) -> NetworkPlan:
    vpc, pods = written.vpc, written.pods
    return NetworkPlan(
        range=IPv4Network(written.range),
        zones=written.zones,
        nat=written.nat,
        endpoints=written.endpoints,
        services=written.services,
        ipv6=written.ip == "ipv6",
        prefix=pods.prefix,
        pods=IPv4Network(pods.range) if pods.range else None,
        existing=ExistingVpc(vpc.id, vpc.private, vpc.public) if vpc else None,
    )
