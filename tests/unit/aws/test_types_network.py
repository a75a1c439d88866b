"""A rule of a security group, which moto's own model cannot be asked for again."""

from types import SimpleNamespace
from typing import Any

import boto3
from moto import mock_aws

from local.aws.cloudformation.native import Native
from local.aws.cloudformation.resource import Desired
from local.aws.cloudformation.types import PROVIDERS

LAUNCH = "AWS::EC2::LaunchTemplate"
RANGE = "AWS::EC2::VPCCidrBlock"
INGRESS = "AWS::EC2::SecurityGroupIngress"
EGRESS = "AWS::EC2::EgressOnlyInternetGateway"
ROUTE, SUBNET, VPC = "AWS::EC2::Route", "AWS::EC2::Subnet", "AWS::EC2::VPC"


@mock_aws
def test_a_rule_is_made_by_its_id_and_goes_by_it() -> None:
    ec2: Any = boto3.client("ec2", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    aws: Any = SimpleNamespace(client=lambda service: ec2, account="123456789012", region="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group, source = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("to", "from")
    )
    said = {"GroupId": group, "SourceSecurityGroupId": source, "IpProtocol": "tcp", "FromPort": "443", "ToPort": 443}
    made = PROVIDERS[INGRESS](aws).create(
        Desired("Rule", INGRESS, {**said, "Description": "API"}, "stack", "shop", "x")
    )
    assert made.physical_resource_id.startswith("sgr-")
    assert open_to(ec2, group) == [source]
    PROVIDERS[INGRESS](aws).delete(made)
    assert open_to(ec2, group) == []


@mock_aws
def test_a_further_range_is_one_that_subnets_may_be_in_until_it_goes() -> None:
    ec2: Any = boto3.client("ec2", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    aws: Any = SimpleNamespace(client=lambda service: ec2, account="123456789012", region="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    said = {"VpcId": vpc, "CidrBlock": "100.64.0.0/16"}
    made = PROVIDERS[RANGE](aws).create(Desired("Range", RANGE, said, "stack", "shop", "x"))
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="100.64.0.0/18")["Subnet"]["SubnetId"]
    assert made.attributes["Id"] == made.physical_resource_id
    assert ranges_of(ec2, vpc) == {"10.0.0.0/16": "associated", "100.64.0.0/16": "associated"}
    ec2.delete_subnet(SubnetId=subnet)
    PROVIDERS[RANGE](aws).delete(made)
    assert ranges_of(ec2, vpc)["100.64.0.0/16"] == "disassociated"


@mock_aws
def test_ipv6_is_a_range_of_the_vpc_ranges_of_its_subnets_and_a_way_out() -> None:
    ec2: Any = boto3.client("ec2", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    aws: Any = SimpleNamespace(client=lambda service: ec2, account="123456789012", region="us-east-1")

    def make(kind: str, **said: Any) -> Any:
        return PROVIDERS[kind](aws).create(Desired(kind, kind, said, "stack", "shop", "x"))

    vpc = make(VPC, CidrBlock="10.0.0.0/16")
    name = vpc.physical_resource_id
    assert vpc.get_cfn_attribute("Ipv6CidrBlocks") == []
    block = make(RANGE, VpcId=name, AmazonProvidedIpv6CidrBlock=True)
    (range_,) = vpc.get_cfn_attribute("Ipv6CidrBlocks")
    within = range_.replace("/56", "/64")
    subnet = make(SUBNET, VpcId=name, CidrBlock="10.0.0.0/24", Ipv6CidrBlock=within, AssignIpv6AddressOnCreation="true")
    (found,) = ec2.describe_subnets(SubnetIds=[subnet.physical_resource_id])["Subnets"]
    assert [each["Ipv6CidrBlock"] for each in found["Ipv6CidrBlockAssociationSet"]] == [within]
    assert found["AssignIpv6AddressOnCreation"] is True
    gateway = make(EGRESS, VpcId=name, Tags=[{"Key": "Name", "Value": "shop"}])
    table = ec2.create_route_table(VpcId=name)["RouteTable"]["RouteTableId"]
    out = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": gateway.physical_resource_id}
    route = make(ROUTE, RouteTableId=table, **out)
    assert "::/0" in destinations(ec2, table)
    PROVIDERS[ROUTE](aws).delete(route)
    assert "::/0" not in destinations(ec2, table)
    for made in (gateway, subnet, block):
        PROVIDERS[made.type_name](aws).delete(made)
    assert ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"] == []


@mock_aws
def test_what_a_model_of_motos_writes_is_not_what_the_template_says() -> None:
    aws: Any = SimpleNamespace(account="123456789012", region="us-east-1")
    said = {"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}}}
    made = Native(aws, LAUNCH).create(Desired("Launch", LAUNCH, said, "stack", "shop", "x"))
    assert made.physical_resource_id.startswith("lt-")
    assert made.properties == {"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}}}


def open_to(ec2: Any, group: str) -> list[str]:
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return [pair["GroupId"] for rule in found["IpPermissions"] for pair in rule["UserIdGroupPairs"]]


def ranges_of(ec2: Any, vpc: str) -> dict[str, str]:
    (found,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    return {each["CidrBlock"]: each["CidrBlockState"]["State"] for each in found["CidrBlockAssociationSet"]}


def destinations(ec2: Any, table: str) -> set[str]:
    (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return {str(route.get("DestinationIpv6CidrBlock")) for route in found["Routes"]}
