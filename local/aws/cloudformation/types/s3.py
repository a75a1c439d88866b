"""Buckets and their policies, through S3's own API."""

import json
from collections.abc import Callable
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import api
from local.aws.cloudformation.resource import Deployed, Desired, ResourceFailed, made
from local.aws.cloudformation.types.base import forgiving, tags_of, undone

# property → operation, the argument that holds the setting, and the operation that takes it back
SETTINGS = {
    "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration", None),
    "PublicAccessBlockConfiguration": (
        "PutPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        "DeletePublicAccessBlock",
    ),
    "BucketEncryption": ("PutBucketEncryption", "ServerSideEncryptionConfiguration", "DeleteBucketEncryption"),
    "LifecycleConfiguration": ("PutBucketLifecycleConfiguration", "LifecycleConfiguration", "DeleteBucketLifecycle"),
    "OwnershipControls": ("PutBucketOwnershipControls", "OwnershipControls", "DeleteBucketOwnershipControls"),
    "LoggingConfiguration": ("PutBucketLogging", "BucketLoggingStatus", None),
    "CorsConfiguration": ("PutBucketCors", "CORSConfiguration", "DeleteBucketCors"),
    "NotificationConfiguration": ("PutBucketNotificationConfiguration", "NotificationConfiguration", None),
    "Tags": ("PutBucketTagging", "Tagging", "DeleteBucketTagging"),
}
HARMLESS = {"BucketName", "AccessControl", "ObjectLockEnabled"}


class Bucket:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def s3(self) -> Any:
        return self.aws.client("s3")

    def _where(self) -> dict[str, Any]:
        """S3 has to be told of every region but its first."""
        first = self.aws.region == "us-east-1"
        return {} if first else {"CreateBucketConfiguration": {"LocationConstraint": self.aws.region}}

    def create(self, desired: Desired) -> Deployed:
        _refuse_unknown(desired.properties)
        name = desired.properties.get("BucketName", desired.name)
        lock = bool(desired.properties.get("ObjectLockEnabled"))
        self.s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock, **self._where())
        host = "s3.amazonaws.com"
        begun = made(
            desired,
            name,
            {
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": f"{name}.{host}",
                "RegionalDomainName": f"{name}.s3.{self.aws.region}.amazonaws.com",
                "DualStackDomainName": f"{name}.s3.dualstack.{self.aws.region}.amazonaws.com",
                "WebsiteURL": f"http://{name}.s3-website-{self.aws.region}.amazonaws.com",
            },
        )
        with undone(self, begun):
            self._configure(name, {}, desired.properties)
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        _refuse_unknown(desired.properties)
        self._configure(deployed.physical_resource_id, deployed.properties, desired.properties)
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        """A bucket that holds objects stops the deletion, as on AWS."""
        forgiving(self.s3, "DeleteBucket", {"Bucket": deployed.physical_resource_id})

    def _configure(self, bucket: str, before: dict[str, Any], now: dict[str, Any]) -> None:
        for name, (operation, argument, undo) in SETTINGS.items():
            if name in now and now[name] != before.get(name):
                self._put(bucket, operation, argument, SHAPES.get(name, _same)(now[name]))
            elif name in before and name not in now and undo:
                forgiving(self.s3, undo, {"Bucket": bucket})

    def _put(self, bucket: str, operation: str, argument: str, setting: Any) -> None:
        shape = self.s3.meta.service_model.operation_model(operation).input_shape.members[argument]
        forgiving(self.s3, operation, {"Bucket": bucket, argument: api(shape, setting, argument)})


def _refuse_unknown(properties: dict[str, Any]) -> None:
    unknown = properties.keys() - SETTINGS.keys() - HARMLESS
    if unknown:
        raise ResourceFailed(f"the local AWS does not have {', '.join(sorted(unknown))} of AWS::S3::Bucket")


def _same(value: Any) -> Any:
    return value


def _encryption(value: dict[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        rule = dict(rule)
        default = rule.pop("ServerSideEncryptionByDefault", None)
        rules.append(rule | ({"ApplyServerSideEncryptionByDefault": default} if default else {}))
    return {"Rules": rules}


def _lifecycle(value: dict[str, Any]) -> dict[str, Any]:
    return {"Rules": [_rule(rule) for rule in value["Rules"]]}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        out["ID"] = rule["Id"]
    expiration = {
        api_name: rule[name]
        for name, api_name in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in rule
    }
    if expiration:
        out["Expiration"] = expiration
    older = rule.get("NoncurrentVersionExpirationInDays") or rule.get("NoncurrentVersionExpiration", {}).get(
        "NoncurrentDays"
    )
    if older:
        out["NoncurrentVersionExpiration"] = {"NoncurrentDays": older}
    if "AbortIncompleteMultipartUpload" in rule:
        out["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return out


def _logging(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "LoggingEnabled": {
            "TargetBucket": value.get("DestinationBucketName", ""),
            "TargetPrefix": value.get("LogFilePrefix", ""),
        }
    }


def _cors(value: dict[str, Any]) -> dict[str, Any]:
    renamed = {"MaxAge": "MaxAgeSeconds", "Id": "ID", "ExposedHeaders": "ExposeHeaders"}
    return {"CORSRules": [{renamed.get(key, key): item for key, item in rule.items()} for rule in value["CorsRules"]]}


def _notification(value: dict[str, Any]) -> dict[str, Any]:
    return {"EventBridgeConfiguration": {}} if "EventBridgeConfiguration" in value else value


def _tags(value: Any) -> dict[str, Any]:
    return {"TagSet": [{"Key": key, "Value": item} for key, item in tags_of({"Tags": value}).items()]}


SHAPES: dict[str, Callable[[Any], Any]] = {
    "BucketEncryption": _encryption,
    "LifecycleConfiguration": _lifecycle,
    "LoggingConfiguration": _logging,
    "CorsConfiguration": _cors,
    "NotificationConfiguration": _notification,
    "Tags": _tags,
}


class BucketPolicy:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        bucket = desired.properties["Bucket"]
        self.aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(desired.properties["PolicyDocument"]))
        return made(desired, bucket)

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        return self.create(desired)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.aws.client("s3"), "DeleteBucketPolicy", {"Bucket": deployed.physical_resource_id})
