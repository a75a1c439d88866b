"""Log groups: made by the stack, so that they have a retention and go with it."""

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from pipeline.parts.policies import allow, write_logs

OF_PIPELINE = "/aws/codepipeline/{service}"  # the group that CodePipeline's own compute writes to


def log_group(scope: Construct, construct_id: str, name: str) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=logs.RetentionDays.SIX_MONTHS,
        removal_policy=RemovalPolicy.DESTROY,
    )


def pipeline_log(scope: Construct, service: str) -> logs.LogGroup:
    """The one of the pipeline, made in the stack when something first asks for it."""
    stack = Stack.of(scope)
    made = stack.node.try_find_child("ComputeLog")
    return (
        made if isinstance(made, logs.LogGroup) else log_group(stack, "ComputeLog", OF_PIPELINE.format(service=service))
    )


def write_pipeline_log(scope: Construct, service: str) -> list[iam.PolicyStatement]:
    """CodePipeline asks for the group, which is there already, before it writes to it."""
    name = OF_PIPELINE.format(service=service)
    asked = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}"
    return [allow(["logs:CreateLogGroup"], asked), write_logs(pipeline_log(scope, service))]
