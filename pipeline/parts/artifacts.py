"""The bucket that holds each execution's artifacts, and the bucket of its access log."""

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.policies import allow

KEPT_DAYS = 180  # an artifact is what a rollback of the stage needs


class Artifacts(Construct):
    """`bucket`: encrypted, private, reached over TLS only, emptied of old artifacts by itself. `access_log` is
    for other buckets, too."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.access_log = _bucket(self, "AccessLog", Duration.days(90))
        self.bucket = _bucket(self, "Bucket", Duration.days(KEPT_DAYS), self.access_log)

    def grant_reading(self, role: iam.Role) -> None:
        """Reading of objects alone."""
        role.add_to_policy(allow(["s3:GetObject", "s3:GetObjectVersion"], self.bucket.arn_for_objects("*")))
        self._find(role)

    def grant(self, role: iam.Role) -> None:
        """Reading and adding of objects; nothing that deletes, lists, or changes the bucket."""
        objects = self.bucket.arn_for_objects("*")
        role.add_to_policy(allow(["s3:GetObject", "s3:GetObjectVersion"], objects))
        role.add_to_policy(allow(["s3:PutObject"], objects))
        self._find(role)

    def _find(self, role: iam.Role) -> None:
        role.add_to_policy(allow(["s3:GetBucketLocation", "s3:GetBucketVersioning"], self.bucket.bucket_arn))
        resource = self.bucket.node.default_child
        assert isinstance(resource, CfnElement)
        bucket = Stack.of(self).get_logical_id(resource)
        reason = "The objects of this one bucket; CodePipeline makes up their keys for each execution."
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/*]": reason})


def _bucket(scope: Construct, name: str, kept: Duration, log: s3.IBucket | None = None) -> s3.Bucket:
    return s3.Bucket(
        scope,
        name,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        lifecycle_rules=[s3.LifecycleRule(expiration=kept, abort_incomplete_multipart_upload_after=Duration.days(1))],
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        server_access_logs_bucket=log,
        server_access_logs_prefix="artifacts/" if log else None,
    )
