"""Networks: made by moto's own models, deleted and tagged through EC2's API, which those models lack."""

from collections.abc import Callable
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.native import Native
from local.aws.cloudformation.resource import CannotChange, Deployed, Desired, made
from local.aws.cloudformation.types.base import Api, forgiving, tags_of, undone

Arguments = dict[str, Any]


INGRESS, ROUTE = "AWS::EC2::SecurityGroupIngress", "AWS::EC2::Route"
SUBNET, VPC = "AWS::EC2::Subnet", "AWS::EC2::VPC"


def _rule(said: dict[str, Any]) -> Arguments:
    one = {key: said[key] for key in ("IpProtocol",) if key in said}
    one |= {key: int(said[key]) for key in ("FromPort", "ToPort") if key in said}
    described = {"Description": said["Description"]} if "Description" in said else {}
    if "CidrIp" in said:
        one["IpRanges"] = [{"CidrIp": said["CidrIp"], **described}]
    if "SourceSecurityGroupId" in said:
        one["UserIdGroupPairs"] = [{"GroupId": said["SourceSecurityGroupId"], **described}]
    return {"GroupId": said["GroupId"], "IpPermissions": [one]}


DELETES: dict[str, tuple[str, Callable[[Deployed], Arguments]]] = {
    "AWS::EC2::EIP": ("ReleaseAddress", lambda gone: {"AllocationId": gone.get_cfn_attribute("AllocationId")}),
    "AWS::EC2::FlowLog": ("DeleteFlowLogs", lambda gone: {"FlowLogIds": [gone.physical_resource_id]}),
    "AWS::EC2::InternetGateway": (
        "DeleteInternetGateway",
        lambda gone: {"InternetGatewayId": gone.physical_resource_id},
    ),
    "AWS::EC2::NatGateway": ("DeleteNatGateway", lambda gone: {"NatGatewayId": gone.physical_resource_id}),
    ROUTE: (
        "DeleteRoute",
        lambda gone: {
            key: gone.properties[key]
            for key in ("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
            if key in gone.properties
        },
    ),
    "AWS::EC2::RouteTable": ("DeleteRouteTable", lambda gone: {"RouteTableId": gone.physical_resource_id}),
    "AWS::EC2::SecurityGroup": ("DeleteSecurityGroup", lambda gone: {"GroupId": gone.physical_resource_id}),
    INGRESS: (
        "RevokeSecurityGroupIngress",
        lambda gone: {"GroupId": gone.properties["GroupId"], "SecurityGroupRuleIds": [gone.physical_resource_id]},
    ),
    SUBNET: ("DeleteSubnet", lambda gone: {"SubnetId": gone.physical_resource_id}),
    "AWS::EC2::SubnetRouteTableAssociation": (
        "DisassociateRouteTable",
        lambda gone: {"AssociationId": gone.physical_resource_id},
    ),
    VPC: ("DeleteVpc", lambda gone: {"VpcId": gone.physical_resource_id}),
    "AWS::EC2::VPCEndpoint": ("DeleteVpcEndpoints", lambda gone: {"VpcEndpointIds": [gone.physical_resource_id]}),
    "AWS::EC2::VPCGatewayAttachment": (
        "DetachInternetGateway",
        lambda gone: {key: gone.properties[key] for key in ("InternetGatewayId", "VpcId") if key in gone.properties},
    ),
}


ASSOCIATION = "(output.CidrBlockAssociation || output.Ipv6CidrBlockAssociation).AssociationId"
# A further range of a VPC; moto's own models have none.
CIDR_BLOCK = Api(
    service="ec2",
    create="AssociateVpcCidrBlock",
    identifier=ASSOCIATION,
    attributes={"Id": ASSOCIATION},
    delete="DisassociateVpcCidrBlock",
    delete_with={"AssociationId": "id"},
)


class Ec2(Native):
    def __init__(self, aws: Aws, type_name: str) -> None:
        super().__init__(aws, type_name)
        self.operation, self.arguments = DELETES[type_name]

    def create(self, desired: Desired) -> Deployed:
        made_now = super().create(desired)
        tags = {**desired.tags, **tags_of(desired.properties)}
        if tags and hasattr(made_now.model, "get_tags"):
            self._tag(made_now, tags)
        return made_now

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        if _untagged(deployed.properties) != _untagged(desired.properties):
            raise CannotChange(f"the local AWS changes nothing but the tags of a {desired.type_name} in place")
        before, now = tags_of(deployed.properties), tags_of(desired.properties)
        gone = [{"Key": key} for key in before.keys() - now.keys()]
        if gone:
            self.aws.client("ec2").delete_tags(Resources=[_taggable(deployed)], Tags=gone)
        self._tag(deployed, now)
        return made(desired, deployed.physical_resource_id, deployed.attributes, deployed.model)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.aws.client("ec2"), self.operation, self.arguments(deployed))

    def _tag(self, resource: Deployed, tags: dict[str, str]) -> None:
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        if given:
            self.aws.client("ec2").create_tags(Resources=[_taggable(resource)], Tags=given)


class Ingress(Ec2):
    """Made through EC2's API, too: moto's model has no id of the rule."""

    def __init__(self, aws: Aws) -> None:
        super().__init__(aws, INGRESS)

    def create(self, desired: Desired) -> Deployed:
        answer = self.aws.client("ec2").authorize_security_group_ingress(**_rule(desired.properties))
        return made(desired, answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


class Route(Ec2):
    """One of IPv6 is made through EC2's API: moto's model does not know its destination."""

    def __init__(self, aws: Aws) -> None:
        super().__init__(aws, ROUTE)

    def create(self, desired: Desired) -> Deployed:
        destination = desired.properties.get("DestinationIpv6CidrBlock")
        if destination is None:
            return super().create(desired)
        self.aws.client("ec2").create_route(**desired.properties)
        return made(desired, f"{desired.properties['RouteTableId']}|{destination}")


class Subnet(Ec2):
    """Its IPv6 addresses go through EC2's API: moto's model leaves them out."""

    def __init__(self, aws: Aws) -> None:
        super().__init__(aws, SUBNET)

    def create(self, desired: Desired) -> Deployed:
        begun, said, client = super().create(desired), desired.properties, self.aws.client("ec2")
        with undone(self, begun):
            if range_ := said.get("Ipv6CidrBlock"):
                client.associate_subnet_cidr_block(SubnetId=begun.physical_resource_id, Ipv6CidrBlock=range_)
            if str(said.get("AssignIpv6AddressOnCreation")).lower() == "true":
                given = {"SubnetId": begun.physical_resource_id, "AssignIpv6AddressOnCreation": {"Value": True}}
                client.modify_subnet_attribute(**given)
        return begun


class MadeVpc(Deployed):
    """Its IPv6 ranges come after it, by resources of their own."""

    def get_cfn_attribute(self, name: str) -> Any:
        if name == "Ipv6CidrBlocks":
            return [each["cidr_block"] for each in self.model.get_cidr_block_association_set(ipv6=True)]
        return super().get_cfn_attribute(name)


class Vpc(Ec2):
    def __init__(self, aws: Aws) -> None:
        super().__init__(aws, VPC)

    def create(self, desired: Desired) -> Deployed:
        return MadeVpc(**vars(super().create(desired)))

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        return MadeVpc(**vars(super().update(deployed, desired)))


class EgressOnlyGateway:
    """moto's own models have none."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        tags = [{"Key": key, "Value": value} for key, value in {**desired.tags, **tags_of(desired.properties)}.items()]
        marked = [{"ResourceType": "egress-only-internet-gateway", "Tags": tags}] if tags else []
        client = self.aws.client("ec2")
        answer = client.create_egress_only_internet_gateway(VpcId=desired.properties["VpcId"], TagSpecifications=marked)
        identifier = answer["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
        return made(desired, identifier, {"Id": identifier})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        if deployed.properties != desired.properties:
            raise CannotChange(f"the local AWS changes nothing of a {desired.type_name} in place")
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        gone = {"EgressOnlyInternetGatewayId": deployed.physical_resource_id}
        forgiving(self.aws.client("ec2"), "DeleteEgressOnlyInternetGateway", gone)


def _taggable(resource: Deployed) -> str:
    """An elastic IP is known by its address, and tagged by its allocation."""
    if resource.type_name == "AWS::EC2::EIP":
        return str(resource.get_cfn_attribute("AllocationId"))
    return resource.physical_resource_id


def _untagged(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != "Tags"}
