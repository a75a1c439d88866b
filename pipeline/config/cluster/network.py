"""What may be written of the cluster's network."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool

from pipeline.config.base import Model
from pipeline.config.cluster.ranges import PRIVATE, SHARED, parsed, sized, within, wrong
from pipeline.config.kinds import EC2_ID, shaped


def _of_vpc(text: str) -> str:
    range_ = parsed(text, "10.0.0.0/16")
    sized(range_, 16, 24, "a VPC that pods fit into")
    if not within(range_, *PRIVATE, SHARED):
        raise wrong("write a private range: in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
    return text


def _of_services(text: str) -> str:
    range_ = parsed(text, "172.20.0.0/16")
    sized(range_, 12, 24, "EKS's range of Services")
    if not within(range_, *PRIVATE):
        raise wrong("EKS takes a range in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    return text


def _of_pods(text: str) -> str:
    range_ = parsed(text, "100.64.0.0/16")
    sized(range_, 16, 24, "a second range of a VPC that pods fit into")
    if not within(range_, SHARED):
        raise wrong("write a range in 100.64.0.0/10: AWS takes it as the second one of every VPC")
    return text


SubnetId = Annotated[str, shaped(EC2_ID.format("subnet"), "write the id of a subnet: subnet-0123456789abcdef0")]
EndpointName = Annotated[
    str, shaped(r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$", "write a service as its endpoint names it, as in sqs or ecr.api")
]


class ExistingNetwork(Model):
    """A VPC of this account that is there already. Its private subnets need the tag
    `kubernetes.io/role/internal-elb: 1` and its public ones `kubernetes.io/role/elb: 1` for load balancers to find
    them, and DNS support and DNS host names have to be on. Nodes need a way to ECR, S3 and EC2 from there, and what the
    toolkit runs inside to more: a NAT gateway, or the VPC endpoints that a network of `nat: none` gets. Nobody here
    looks whether they are there."""

    id: Annotated[str, shaped(EC2_ID.format("vpc"), "write the VPC's id: vpc-0123456789abcdef0")]
    """The VPC's id."""
    private: Annotated[tuple[SubnetId, ...], Field(min_length=2, max_length=16)]
    """Ids of private subnets, of two zones at least: EKS's own addresses, nodes and pods are there."""
    public: Annotated[tuple[SubnetId, ...], Field(max_length=16)] = ()
    """Ids of public subnets. Nothing is put there by the toolkit; they are named for those who read this file."""


class PodAddresses(Model):
    """How the network add-on gives pods their addresses. EKS counts how many pods fit on a node when a group is made,
    so a change of these makes new groups before the old ones are drained."""

    prefix: StrictBool = False
    """Whether nodes get addresses in blocks of 16: many more pods fit on a node, up to 110 (250 from 30 vCPUs on).
    Blocks have to be free as a whole. Nodes have to be of a Nitro type."""
    range: Annotated[str, AfterValidator(_of_pods)] | None = None
    """A second range of the VPC, in 100.64.0.0/10, where pods get their addresses: `100.64.0.0/16`. The nodes' own
    subnets are used up no more by them; each node has one network interface less for pods."""


class Network(Model):
    """The VPC that the cluster stack makes, or one that is there already. EKS keeps a cluster in its VPC, and another
    range makes another VPC: `range`, `vpc`, `ip` and `services` are settled when the cluster is made, and `shipline
    plan` says so when they change. `nat`, `endpoints`, `pods` and more `zones` may come later."""

    range: Annotated[str, AfterValidator(_of_vpc)] = "10.0.0.0/16"
    """The VPC's IPv4 range, /16 to /24. An eighth of it is each zone's private subnet, where nodes and pods get their
    addresses; how many pods that holds, `shipline explain` says."""
    zones: Literal[2, 3] = 3
    """How many availability zones it spans."""
    nat: Literal["one", "each", "none"] = "one"
    """The way out for nodes and pods. `one`: a NAT gateway for all, which is down with its zone. `each`: one in each
    zone. `none`: there is no way to the internet and none from it, and no public subnet; VPC endpoints lead to those
    AWS services that the toolkit's own parts need. Images, those of add-ons included, then have to come from ECR in
    this region, and what a verifying build installs from a mirror that it reaches."""
    endpoints: Annotated[tuple[EndpointName, ...], Field(max_length=30)] = ()
    """Further AWS services that pods reach by a VPC endpoint, by the endpoints' names: `sqs`,
    `elasticloadbalancing`."""
    ip: Literal["ipv4", "ipv6"] = "ipv4"
    """Which addresses pods and Services get. `ipv6`: those of a range that AWS gives the VPC, so that nodes alone use
    its IPv4 range up. Pods reach IPv4 addresses through their node's, and the IPv6 internet through an egress-only
    gateway where there are NAT gateways. Nodes have to be of a Nitro type, and targets of load balancers are IPs.
    Private subnets of a VPC that is there already need IPv6 ranges, and a route out of them."""
    services: Annotated[str, AfterValidator(_of_services)] | None = None
    """The range that Kubernetes gives Services their addresses from; EKS chooses 10.100.0.0/16 or 172.20.0.0/16 when it
    is left out. It may not overlap with the VPC's."""
    pods: PodAddresses = PodAddresses()
    """How pods get their addresses."""
    vpc: ExistingNetwork | None = None
    """A VPC that is there already, instead of one that is made."""
