"""A zip in S3 as the code's source: each upload of it starts the pipeline, and its version is the commit."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pipeline.config.service import S3Source
from pipeline.parts.artifacts import KEPT_DAYS, Artifacts
from pipeline.parts.policies import allow, fixed


def uploads(
    scope: Construct, wanted: S3Source, role: iam.Role, artifacts: Artifacts, output: codepipeline.Artifact
) -> codepipeline.IAction:
    """`role` is the action's; it gets what reading the one object needs."""
    bucket = _bucket(scope, wanted, artifacts.access_log)
    role.add_to_policy(allow(["s3:GetObject", "s3:GetObjectVersion"], bucket.arn_for_objects(wanted.key)))
    asked = ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket"]
    role.add_to_policy(allow(asked, bucket.bucket_arn))
    return actions.S3SourceAction(
        action_name="Source",
        variables_namespace="Source",
        bucket=bucket,
        bucket_key=wanted.key,
        output=output,
        trigger=actions.S3Trigger.NONE,  # CDK's own rule wants a CloudTrail: `start` adds one that does not
        role=fixed(role),
    )


def start(scope: Construct, wanted: S3Source, pipeline: codepipeline.Pipeline) -> None:
    """The rule that starts the pipeline with each upload."""
    events.Rule(
        scope,
        "SourceEventRule",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={"bucket": {"name": [wanted.bucket]}, "object": {"key": [wanted.key]}},
        ),
        targets=[targets.CodePipeline(pipeline)],
    )


def _bucket(scope: Construct, wanted: S3Source, access_log: s3.IBucket) -> s3.IBucket:
    if wanted.existing:
        return s3.Bucket.from_bucket_name(scope, "Uploads", wanted.bucket)
    made = s3.Bucket(
        scope,
        "Uploads",
        bucket_name=wanted.bucket,
        versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        lifecycle_rules=[
            s3.LifecycleRule(
                noncurrent_version_expiration=Duration.days(KEPT_DAYS),
                abort_incomplete_multipart_upload_after=Duration.days(1),
            )
        ],
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        server_access_logs_bucket=access_log,
        server_access_logs_prefix="uploads/",
    )
    resource = made.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    # CDK's own switch is a function that may change the notifications of every bucket.
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )
    return made
