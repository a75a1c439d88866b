"""Statements that several roles need, each with its exact actions: CDK's own grants say `s3:GetObject*`."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import IConstruct


def fixed(role: iam.Role) -> iam.IRole:
    """The role as CDK's constructs get it: they add no rights of their own to it, and no needless dependency."""
    return iam.Role.from_role_arn(role, "Fixed", role.role_arn, mutable=False)


def rights(*roles: iam.Role) -> list[IConstruct]:
    """The policies that hold what was added to the roles: what uses a role has to wait for them."""
    policies = [role.node.try_find_child("DefaultPolicy") for role in roles]
    return [policy for policy in policies if policy]


def allow(actions: list[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources))


def write_logs(group: logs.ILogGroup) -> iam.PolicyStatement:
    """The ARN that CloudFormation gives for a log group ends in `:*`, which stands for its streams."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], group.log_group_arn)
