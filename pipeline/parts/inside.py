"""Functions and builds in the cluster's own network, where its private endpoint is."""

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.policies import allow

# What Lambda and CodeBuild do with the role of what they run; most of these know no resources.
OF_FUNCTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
OF_BUILDS = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]
REASON = "Lambda and CodeBuild make network interfaces before there is one to name."


@dataclass(frozen=True)
class Inside:
    """Private subnets and a security group that the control plane lets in, by their ids."""

    vpc: str  # empty where no build is placed
    subnets: list[str]
    group: str

    def place(self, function: lambda_.Function, role: iam.Role, name: str) -> None:
        """The function gets no more rights by it: Lambda may use these, and the function's own code may not."""
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=self.subnets, security_group_ids=[self.group]
        )
        role.add_to_policy(allow(OF_FUNCTIONS, "*"))
        own = f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{name}"
        role.add_to_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=OF_FUNCTIONS,
                resources=["*"],
                conditions={"ArnEquals": {"lambda:SourceFunctionArn": own}},
            )
        )
        acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": REASON})

    def place_build(self, project: codebuild.PipelineProject, role: iam.Role) -> None:
        resource = project.node.default_child
        assert isinstance(resource, codebuild.CfnProject)
        resource.vpc_config = codebuild.CfnProject.VpcConfigProperty(
            vpc_id=self.vpc, subnets=self.subnets, security_group_ids=[self.group]
        )
        where = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        role.add_to_policy(allow(OF_BUILDS, "*"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["ec2:CreateNetworkInterfacePermission"],
                resources=[f"{where}:network-interface/*"],
                conditions={
                    "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
                    "ArnEquals": {"ec2:Subnet": [f"{where}:subnet/{subnet}" for subnet in self.subnets]},
                },
            )
        )
        of_interfaces = "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*"
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{resource}]": REASON for resource in ("*", of_interfaces)})
