"""Service → the two stacks → cdk.out. Importing this starts the CDK's node process."""

from collections.abc import Mapping

from aws_cdk import App, Environment

from pipeline.config import Service
from pipeline.stacks import ClusterStack, DeliveryStack

# CDK's behaviours that the stacks are written for; here, so that a service's own cdk.json need not know them.
FLAGS = {
    "@aws-cdk/aws-codepipeline:crossAccountKeysDefaultValueToFalse": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-s3:createDefaultLoggingPolicy": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:checkSecretUsage": True,
}


def synthesize(service: Service, environ: Mapping[str, str]) -> None:
    """Where to, and with which context, the CDK CLI says in variables that App itself reads."""
    app = App(analytics_reporting=False, context=FLAGS)
    compose(app, service, environment(environ))
    app.synth()


def compose(app: App, service: Service, env: Environment) -> tuple[ClusterStack, DeliveryStack]:
    """The two stacks, in the order in which they are deployed."""
    cluster = ClusterStack(app, f"{service.name}-cluster", service, env=env)
    delivery = DeliveryStack(app, f"{service.name}-delivery", service, env=env)
    delivery.add_stack_dependency(cluster, "its roles get access to the cluster's namespaces")
    return cluster, delivery


def environment(environ: Mapping[str, str]) -> Environment:
    """The account and region that the CDK CLI is logged in to; without one the templates fit any."""
    return Environment(account=environ.get("CDK_DEFAULT_ACCOUNT"), region=environ.get("CDK_DEFAULT_REGION"))
