"""The rights of the AWS Load Balancer Controller, as its project publishes them for 3.x (docs/install/iam_policy.json),
narrowed as it documents: to the load balancers and groups that carry this cluster's name, and to this VPC."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import Aws, CfnOutput
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cluster import Cluster
from pipeline.parts.identity import associate, pod_role
from pipeline.parts.shared import ClusterName

NAMESPACE, ACCOUNT = "kube-system", "aws-load-balancer-controller"
TAG = "elbv2.k8s.aws/cluster"
DESCRIBE_EC2 = (
    *("AccountAttributes", "Addresses", "AvailabilityZones", "CoipPools", "Instances", "InternetGateways"),
    *("IpamPools", "NetworkInterfaces", "RouteTables", "SecurityGroups", "Subnets", "Tags", "Vpcs"),
    "VpcPeeringConnections",
)
DESCRIBE_ELB = (
    *("CapacityReservation", "ListenerAttributes", "ListenerCertificates", "Listeners", "LoadBalancerAttributes"),
    *("LoadBalancers", "Rules", "SSLPolicies", "Tags", "TargetGroupAttributes", "TargetGroups", "TargetHealth"),
    "TrustStores",
)
OTHERS = (
    *("acm:DescribeCertificate", "acm:ListCertificates", "cognito-idp:DescribeUserPoolClient"),
    *("iam:GetServerCertificate", "iam:ListServerCertificates"),
    *("shield:CreateProtection", "shield:DeleteProtection", "shield:DescribeProtection", "shield:GetSubscriptionState"),
    *("waf-regional:AssociateWebACL", "waf-regional:DisassociateWebACL"),
    *("waf-regional:GetWebACL", "waf-regional:GetWebACLForResource"),
    *("wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"),
)
CHANGE_OWN = (
    *("DeleteLoadBalancer", "DeleteTargetGroup", "ModifyCapacityReservation", "ModifyIpPools"),
    *("ModifyListenerAttributes", "ModifyLoadBalancerAttributes", "ModifyTargetGroup", "ModifyTargetGroupAttributes"),
    *("SetIpAddressType", "SetSecurityGroups", "SetSubnets"),
)
LISTENERS = ("CreateListener", "CreateRule", "DeleteListener", "DeleteRule")
CHANGE_LISTENERS = (
    *("AddListenerCertificates", "ModifyListener", "ModifyRule", "RemoveListenerCertificates"),
    *("SetRulePriorities", "SetWebAcl"),
)
INSTALL = (
    "helm upgrade --install aws-load-balancer-controller aws-load-balancer-controller"
    " --repo https://aws.github.io/eks-charts --namespace kube-system"
    " --set clusterName={cluster} --set region={region} --set vpcId={vpc}"
    " --set serviceAccount.name=aws-load-balancer-controller"
)
REASON = "Its project publishes these rights: what it makes has no name before, and lists have no resources."


class Balancing(Construct):
    """A role, its association with the controller's service account, and the command that installs the controller."""

    def __init__(self, scope: Construct, construct_id: str, cluster: Cluster, name: ClusterName, vpc: ec2.IVpc) -> None:
        super().__init__(scope, construct_id)
        role = pod_role(self, "Role", name, NAMESPACE, ACCOUNT)
        for statement in _statements(name.name, vpc.vpc_id):
            role.add_to_policy(statement)
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{resource}]": REASON for resource in _told()})
        associate(self, cluster.eks.cluster_name, NAMESPACE, ACCOUNT, role)
        command = INSTALL.format(cluster=name.name, region=Aws.REGION, vpc=vpc.vpc_id)
        output = CfnOutput(self, "Install", value=command, description="Installs the AWS Load Balancer Controller")
        output.override_logical_id("InstallLoadBalancers")


def _statements(cluster: str, vpc: str) -> Iterator[iam.PolicyStatement]:
    asked, tagged = {f"aws:RequestTag/{TAG}": cluster}, {f"aws:ResourceTag/{TAG}": cluster}
    groups, anywhere = _ec2("security-group/*"), ("*",)
    reads = (*(f"ec2:Describe{what}" for what in DESCRIBE_EC2), "ec2:GetCoipPoolUsage", "ec2:GetSecurityGroupsForVpc")
    yield _allow(reads, anywhere)
    yield _allow(_elb(*(f"Describe{what}" for what in DESCRIBE_ELB)), anywhere)
    yield _allow(OTHERS, anywhere)
    service = {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}
    yield _allow(["iam:CreateServiceLinkedRole"], anywhere, StringEquals=service)
    here = {"ec2:Vpc": _ec2(f"vpc/{vpc}")[0]}
    rules = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
    yield _allow(rules, groups, ArnEquals=here)
    yield _allow(["ec2:CreateSecurityGroup"], (*groups, *_ec2(f"vpc/{vpc}")))
    made = {"ec2:CreateAction": "CreateSecurityGroup", **asked}
    yield _allow(["ec2:CreateTags"], groups, StringEquals=made)
    untouched = {f"aws:RequestTag/{TAG}": "true"}  # the tag itself stays as it is
    yield _allow(["ec2:CreateTags", "ec2:DeleteTags"], groups, StringEquals=tagged, Null=untouched)
    yield _allow(["ec2:DeleteSecurityGroup"], groups, StringEquals=tagged)
    yield from _of_load_balancers(asked, tagged, untouched)


def _of_load_balancers(
    asked: dict[str, str], tagged: dict[str, str], untouched: dict[str, str]
) -> Iterator[iam.PolicyStatement]:
    wholes = _balancing("targetgroup/*/*", "loadbalancer/net/*/*", "loadbalancer/app/*/*")
    parts = _balancing(*(f"{kind}/{way}/*/*/*" for kind in ("listener", "listener-rule") for way in ("net", "app")))
    yield _allow(_elb("CreateLoadBalancer", "CreateTargetGroup"), ("*",), StringEquals=asked)
    created = {"elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"], **asked}
    yield _allow(_elb("AddTags"), wholes, StringEquals=created)
    yield _allow(_elb("AddTags", "RemoveTags"), wholes, StringEquals=tagged, Null=untouched)
    yield _allow(_elb("AddTags", "RemoveTags"), parts)
    yield _allow(_elb(*LISTENERS), ("*",))
    yield _allow(_elb(*CHANGE_LISTENERS), ("*",))
    yield _allow(_elb(*CHANGE_OWN), ("*",), StringEquals=tagged)
    yield _allow(_elb("DeregisterTargets", "RegisterTargets"), wholes[:1])


def _allow(actions: Any, resources: tuple[str, ...], **conditions: Any) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def _elb(*operations: str) -> list[str]:
    return [f"elasticloadbalancing:{operation}" for operation in operations]


def _ec2(*resources: str) -> tuple[str, ...]:
    return tuple(f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:{each}" for each in resources)


def _balancing(*resources: str) -> tuple[str, ...]:
    prefix = f"arn:{Aws.PARTITION}:elasticloadbalancing:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    return tuple(f"{prefix}:{each}" for each in resources)


def _told() -> Iterator[str]:
    """The resources with a star, as cdk-nag writes them."""
    place = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"
    yield "*"
    yield place.format("ec2", "security-group/*")
    for each in ("targetgroup/*/*", "loadbalancer/net/*/*", "loadbalancer/app/*/*"):
        yield place.format("elasticloadbalancing", each)
    for kind in ("listener", "listener-rule"):
        for way in ("net", "app"):
            yield place.format("elasticloadbalancing", f"{kind}/{way}/*/*/*")
