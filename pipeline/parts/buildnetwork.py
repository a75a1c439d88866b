"""A build in subnets of a VPC: where, and what its role needs for CodeBuild to put a network interface there."""

from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam

from pipeline.config.service import BuildNetwork
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.policies import allow

# CodeBuild looks at these before each build; EC2 knows no resources for them.
DESCRIBE = [
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]
DESCRIBED = "EC2's Describe calls know none either."
INTERFACES = "network-interface/*"


def enter(network: BuildNetwork, project: codebuild.Project, role: iam.Role) -> None:
    resource = project.node.default_child
    assert isinstance(resource, codebuild.CfnProject)
    resource.vpc_config = codebuild.CfnProject.VpcConfigProperty(
        vpc_id=network.vpc, subnets=list(network.subnets), security_group_ids=list(network.security_groups)
    )
    for statement in _statements(network):
        role.add_to_policy(statement)
    reason = "EC2 makes the id of the interface that a build gets; subnets and security groups are named."
    finding = f"arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:{INTERFACES}"
    acknowledge(role, {f"AwsSolutions-IAM5[Resource::{finding}]": reason})


def _statements(network: BuildNetwork) -> Iterator[iam.PolicyStatement]:
    subnets = [_arn(f"subnet/{subnet}") for subnet in network.subnets]
    groups = [_arn(f"security-group/{group}") for group in network.security_groups]
    interfaces = _arn(INTERFACES)
    yield allow(DESCRIBE, "*")
    yield allow(["ec2:CreateNetworkInterface"], interfaces, *subnets, *groups)
    yield allow(["ec2:DeleteNetworkInterface"], interfaces)
    permission = allow(["ec2:CreateNetworkInterfacePermission"], interfaces)
    permission.add_condition("StringEquals", {"ec2:AuthorizedService": "codebuild.amazonaws.com"})
    permission.add_condition("ArnEquals", {"ec2:Subnet": subnets})
    yield permission


def _arn(resource: str) -> str:
    return f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
