"""A second range of the VPC, and a subnet of it in each zone: where pods get their addresses."""

from collections.abc import Sequence

from aws_cdk import Fn, Tags
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from pipeline.config.cluster.networkplan import NetworkPlan


class PodSubnets(Construct):
    """`by_zone`: the ids of the subnets, by the names of the zones. Their routes are those of the private subnets."""

    def __init__(
        self, scope: Construct, construct_id: str, plan: NetworkPlan, vpc: ec2.Vpc, private: Sequence[ec2.ISubnet]
    ) -> None:
        super().__init__(scope, construct_id)
        block = ec2.CfnVPCCidrBlock(self, "Range", vpc_id=vpc.vpc_id, cidr_block=str(plan.pods))
        self.by_zone: dict[str, str] = {}
        for index, (range_, beside) in enumerate(zip(plan.pod_subnets, private, strict=True)):
            zone = Fn.select(index, Fn.get_azs())
            subnet = ec2.CfnSubnet(
                self, f"Subnet{index + 1}", vpc_id=vpc.vpc_id, availability_zone=zone, cidr_block=str(range_)
            )
            subnet.node.add_dependency(block)
            Tags.of(subnet).add("Name", f"{self.node.path}/Subnet{index + 1}")
            ec2.CfnSubnetRouteTableAssociation(
                self, f"Routes{index + 1}", subnet_id=subnet.ref, route_table_id=beside.route_table.route_table_id
            )
            self.by_zone[zone] = subnet.ref
