"""The way into a cluster whose public endpoint is not open to all.

The cluster stack says in parameters of Systems Manager where that is, and the delivery stack reads them when it is
deployed: outputs that another stack imports could not be changed any more.
"""

from aws_cdk import CfnParameter, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IDependable

from pipeline.parts.cluster import Cluster
from pipeline.parts.inside import Inside
from pipeline.parts.network import Network


class Door(Construct):
    """`inside`; what is placed there has to wait for `ways`, and goes before they do."""

    def __init__(self, scope: Construct, construct_id: str, service: str, cluster: Cluster, network: Network) -> None:
        super().__init__(scope, construct_id)
        group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description=f"What releases {service} reaches the cluster from here"
        )
        control_plane = cluster.eks.node.find_child("ControlPlaneSecurityGroup")
        assert isinstance(control_plane, ec2.SecurityGroup)
        let_in = ec2.CfnSecurityGroupIngress(
            self,
            "LetIn",
            group_id=control_plane.security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            description="The API server",
        )
        subnets = [subnet.subnet_id for subnet in network.private]
        self.inside = Inside(network.vpc.vpc_id, subnets, group.security_group_id)
        self.ways: list[IDependable] = [let_in, *network.ways]
        self._tell(service)

    def _tell(self, service: str) -> None:
        said = {
            "vpc": ("String", self.inside.vpc),
            "subnets": ("StringList", Fn.join(",", self.inside.subnets)),
            "group": ("String", self.inside.group),
        }
        for key, (kind, value) in said.items():
            ssm.CfnParameter(self, f"Says-{key}", name=_name(service, key), type=kind, value=value)


def inside_of(scope: Construct, service: str, spread: int, builds: bool) -> Inside:
    """As the cluster stack has said it; `spread`: over so many subnets; `builds`: some are placed there, too."""

    def read(key: str, kind: str) -> CfnParameter:
        return CfnParameter(
            scope, f"Cluster{key.title()}", type=f"AWS::SSM::Parameter::Value<{kind}>", default=_name(service, key)
        )

    subnets = read("subnets", "List<AWS::EC2::Subnet::Id>").value_as_list
    return Inside(
        read("vpc", "AWS::EC2::VPC::Id").value_as_string if builds else "",
        [Fn.select(index, subnets) for index in range(spread)],
        read("group", "AWS::EC2::SecurityGroup::Id").value_as_string,
    )


def _name(service: str, key: str) -> str:
    return f"/shipline/{service}/cluster/{key}"
