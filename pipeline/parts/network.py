"""The VPC: public subnets for load balancers, private ones for nodes; or one that is there already."""

from collections.abc import Sequence

from aws_cdk import Annotations, Fn, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from pipeline.config.cluster.networkplan import ExistingVpc, NetworkPlan
from pipeline.parts.endpoints import Endpoints
from pipeline.parts.logs import log_group
from pipeline.parts.podsubnets import PodSubnets

ROOM = 8  # IPv6 ranges of public subnets, used or not
ZONES = 3  # that the addresses are shared out for, however many there are
TAGS = "Whoever made these subnets tags them; pipeline.yaml's reference says how."
ROUTES = "Nothing here asks for the routes of subnets that are there already."
ENDPOINTS = "The VPC endpoints that AWS names for such a network are made with it."


class Network(Construct):
    """`private` are the subnets for nodes, functions and builds; what runs there has to wait for `ways`, by which it
    reaches what it needs. `pods` are subnets for pods alone, where they have some."""

    def __init__(
        self, scope: Construct, construct_id: str, name: str, plan: NetworkPlan, endpoints: tuple[str, ...] = ()
    ) -> None:
        super().__init__(scope, construct_id)
        self.ways: list[IDependable] = []
        self.pods: PodSubnets | None = None
        if plan.existing:
            self.vpc, self.private = self._existing(plan.existing)
            return
        vpc = self._made(name, plan)
        self.vpc, self.private = vpc, vpc.isolated_subnets if plan.nat == "none" else vpc.private_subnets
        self._tag(vpc)
        if plan.ipv6:
            _number(vpc.public_subnets, vpc, 0)
            _number(self.private, vpc, ROOM)
        self.ways += [subnet.internet_connectivity_established for subnet in vpc.private_subnets]
        if plan.pods:
            self.pods = PodSubnets(self, "Pods", plan, vpc, self.private)
        if endpoints:
            self.ways.append(Endpoints(self, "Endpoints", plan, vpc, self.private, endpoints))

    def _made(self, name: str, plan: NetworkPlan) -> ec2.Vpc:
        """Without a way out the public subnets' addresses stay free, so that they may come later."""
        closed = plan.nat == "none"
        kind = ec2.SubnetType.PRIVATE_ISOLATED if closed else ec2.SubnetType.PRIVATE_WITH_EGRESS
        return ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(str(plan.range)),
            max_azs=plan.zones,
            reserved_azs=ZONES - plan.zones,
            nat_gateways=plan.gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=plan.public_length,
                    map_public_ip_on_launch=False,
                    reserved=closed,
                ),
                ec2.SubnetConfiguration(name="private", subnet_type=kind, cidr_mask=plan.private_length),
            ],
            ip_protocol=ec2.IpProtocol.DUAL_STACK if plan.ipv6 else None,
            flow_logs={"All": self._flow_log(name)},
        )

    def _existing(self, there: ExistingVpc) -> tuple[ec2.IVpc, list[ec2.ISubnet]]:
        """By its ids: nothing is looked up. Nobody asks for the zones, which CDK wants as many of as subnets."""
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=there.id,
            availability_zones=[Fn.select(index, Fn.get_azs()) for index in range(len(there.private))],
            private_subnet_ids=list(there.private),
        )
        Annotations.of(self).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId", ROUTES)
        return vpc, vpc.private_subnets

    def _tag(self, vpc: ec2.Vpc) -> None:
        """The names that load balancers look for, stated here and not left to whoever makes the cluster."""
        for subnet in vpc.public_subnets:
            Tags.of(subnet).add("kubernetes.io/role/elb", "1")
        for subnet in [*vpc.private_subnets, *vpc.isolated_subnets]:
            Tags.of(subnet).add("kubernetes.io/role/internal-elb", "1")

    def _flow_log(self, name: str) -> ec2.FlowLogOptions:
        role = iam.Role(self, "FlowLogRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        group = log_group(self, "FlowLog", f"/aws/vpc/{name}")
        return ec2.FlowLogOptions(
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )


def _number(subnets: Sequence[ec2.ISubnet], vpc: ec2.Vpc, first: int) -> None:
    """Their IPv6 ranges, so that none moves when there are more zones: CDK counts them one after the other."""
    ranges = Fn.cidr(Fn.select(0, vpc.vpc_ipv6_cidr_blocks), 2 * ROOM, "64")
    for index, subnet in enumerate(subnets):
        resource = subnet.node.default_child
        assert isinstance(resource, ec2.CfnSubnet)
        resource.ipv6_cidr_block = Fn.select(first + index, ranges)
