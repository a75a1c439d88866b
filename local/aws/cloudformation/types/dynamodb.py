"""DynamoDB tables, both as `Table` and as `GlobalTable` (CDK's TableV2), of this one region."""

from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import CannotChange, Deployed, Desired, ResourceFailed, made
from local.aws.cloudformation.types.base import forgiving, tags_of, undone

CREATED_WITH = {
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
}
UPDATED_WITH = {"AttributeDefinitions", "BillingMode", "ProvisionedThroughput", "StreamSpecification", "TableClass"} | {
    "DeletionProtectionEnabled"
}


class Table:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def dynamodb(self) -> Any:
        return self.aws.client("dynamodb")

    def create(self, desired: Desired) -> Deployed:
        said = self.single(desired.properties) | {"TableName": desired.properties.get("TableName", desired.name)}
        said.setdefault("BillingMode", "PROVISIONED" if "ProvisionedThroughput" in said else "PAY_PER_REQUEST")
        given = arguments(self.dynamodb, "CreateTable", _renamed({k: v for k, v in said.items() if k in CREATED_WITH}))
        tags = [{"Key": key, "Value": value} for key, value in tags_of(said).items()]
        table = self.dynamodb.create_table(**given, Tags=tags)["TableDescription"]
        known = {"Arn": table["TableArn"], "TableId": table.get("TableId", table["TableName"])}
        if "LatestStreamArn" in table:
            known["StreamArn"] = table["LatestStreamArn"]
        begun = made(desired, table["TableName"], known)
        with undone(self, begun):
            self._settings(table["TableName"], {}, said)
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        before, now = self.single(deployed.properties), self.single(desired.properties)
        if now.get("GlobalSecondaryIndexes") != before.get("GlobalSecondaryIndexes"):
            raise CannotChange("the local AWS cannot change the global secondary indexes of a table")
        changed = {key: now[key] for key in UPDATED_WITH if key in now and now[key] != before.get(key)}
        name = deployed.physical_resource_id
        if changed:
            given = arguments(self.dynamodb, "UpdateTable", _renamed(changed | {"TableName": name}))
            self.dynamodb.update_table(**given)
        self._settings(name, before, now)
        self._retag(deployed.attributes["Arn"], tags_of(before), tags_of(now))
        return made(desired, name, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.dynamodb, "DeleteTable", {"TableName": deployed.physical_resource_id})

    def single(self, properties: dict[str, Any]) -> dict[str, Any]:
        """The table of this region, as `AWS::DynamoDB::Table` says it."""
        return properties

    def _settings(self, name: str, before: dict[str, Any], now: dict[str, Any]) -> None:
        recovery = now.get("PointInTimeRecoverySpecification")
        if recovery and recovery != before.get("PointInTimeRecoverySpecification"):
            shape = {"TableName": name, "PointInTimeRecoverySpecification": recovery}
            self.dynamodb.update_continuous_backups(**arguments(self.dynamodb, "UpdateContinuousBackups", shape))
        lifetime = now.get("TimeToLiveSpecification")
        if lifetime and lifetime != before.get("TimeToLiveSpecification"):
            shape = {"TableName": name, "TimeToLiveSpecification": lifetime}
            self.dynamodb.update_time_to_live(**arguments(self.dynamodb, "UpdateTimeToLive", shape))

    def _retag(self, arn: str, before: dict[str, str], now: dict[str, str]) -> None:
        if before.keys() - now.keys():
            self.dynamodb.untag_resource(ResourceArn=arn, TagKeys=sorted(before.keys() - now.keys()))
        if now and now != before:
            self.dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": k, "Value": v} for k, v in now.items()])


class GlobalTable(Table):
    def single(self, properties: dict[str, Any]) -> dict[str, Any]:
        replicas = properties["Replicas"]
        regions = [replica["Region"] for replica in replicas]
        if regions != [self.aws.region]:
            raise ResourceFailed(f"the local AWS is the region {self.aws.region}; it has no replicas in {regions}")
        here = {key: value for key, value in replicas[0].items() if key not in ("Region", "GlobalSecondaryIndexes")}
        return {key: value for key, value in properties.items() if key != "Replicas"} | here


def _renamed(said: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's `SSEEnabled` is the API's `Enabled`; a stream is on when it is there."""
    said = dict(said)
    if "SSESpecification" in said:
        said["SSESpecification"] = {
            {"SSEEnabled": "Enabled"}.get(key, key): value for key, value in said["SSESpecification"].items()
        }
    if "StreamSpecification" in said:
        said["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": said["StreamSpecification"]["StreamViewType"],
        }
    return said
