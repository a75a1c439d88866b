"""Service → its stacks → cdk.out. Importing this starts the CDK's node process."""

from collections.abc import Mapping

from aws_cdk import App, Environment, Stack

from pipeline.config import Service
from pipeline.config.service import Target
from pipeline.stacks import ClusterStack, DeliveryStack, TargetStack

# CDK's behaviours that the stacks are written for; here, so that a service's own cdk.json need not know them.
FLAGS = {
    "@aws-cdk/aws-codepipeline:crossAccountKeysDefaultValueToFalse": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-s3:createDefaultLoggingPolicy": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:checkSecretUsage": True,
}


def synthesize(service: Service, environ: Mapping[str, str]) -> None:
    """Where to, and with which context, the CDK CLI says in variables that App itself reads.

    The CDK's own look at the templates costs as much as all else, and only warns: the definition was checked before,
    and the tests check the templates that come of it. `CDK_VALIDATION=true` asks for it.
    """
    validation = environ.get("CDK_VALIDATION") == "true"
    app = App(analytics_reporting=False, context=FLAGS, builtin_cloud_formation_validation=validation)
    compose(app, service, environment(environ))
    app.synth()


def compose(app: App, service: Service, env: Environment) -> DeliveryStack:
    """The stacks, in the order in which they are deployed; the delivery stack is the last one."""
    before: list[Stack] = [ClusterStack(app, f"{service.name}-cluster", service, env=env)] if service.here else []
    for part in service.apart:
        there = target_environment(part, env)
        before.append(
            TargetStack(app, f"{service.name}-target-{part.key}", service, part, env.account or "", env=there)
        )
    delivery = DeliveryStack(app, f"{service.name}-delivery", service, env=env)
    for stack in before:
        delivery.add_stack_dependency(stack, "its roles get access to the cluster's namespaces")
    return delivery


def target_environment(part: Target, home: Environment) -> Environment:
    """Where the stack of a target goes: what the target does not say is as in the pipeline's own."""
    assert part.at
    if part.at.elsewhere and not home.account:
        raise ValueError(f"{part.label} is elsewhere, and the pipeline's own account is not known")
    return Environment(account=part.at.account or home.account, region=part.at.region or home.region)


def environment(environ: Mapping[str, str]) -> Environment:
    """The account and region that the CDK CLI is logged in to; without one the templates fit any."""
    return Environment(account=environ.get("CDK_DEFAULT_ACCOUNT"), region=environ.get("CDK_DEFAULT_REGION"))
