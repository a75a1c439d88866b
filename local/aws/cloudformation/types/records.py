"""Log groups, alarms, topics' subscriptions and keys: small objects of one API each."""

import json
from contextlib import nullcontext
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.types.base import Api, forgiving, tags_of, undone

ALARM = Api(
    service="cloudwatch",
    create="PutMetricAlarm",
    name="AlarmName",
    identifier="input.AlarmName",
    attributes={"Arn": "join('', ['arn:aws:cloudwatch:', region, ':', account, ':alarm:', input.AlarmName])"},
    delete="DeleteAlarms",
    delete_with={"AlarmNames": "[id]"},
)
SUBSCRIPTION = Api(
    service="sns",
    create="Subscribe",
    identifier="output.SubscriptionArn",
    attributes={"Arn": "output.SubscriptionArn"},
    delete="Unsubscribe",
    delete_with={"SubscriptionArn": "id"},
)
KEY_ALIAS = Api(
    service="kms",
    create="CreateAlias",
    identifier="input.AliasName",
    update="UpdateAlias",
    update_with={"AliasName": "id"},
    update_only=frozenset({"TargetKeyId"}),
    delete="DeleteAlias",
    delete_with={"AliasName": "id"},
)


class Parameter:
    """An SSM parameter; its name is its identifier."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        return self._put(desired, desired.properties.get("Name", desired.name), overwrite=False)

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        return self._put(desired, deployed.physical_resource_id, overwrite=True)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.aws.client("ssm"), "DeleteParameter", {"Name": deployed.physical_resource_id})

    def _put(self, desired: Desired, name: str, *, overwrite: bool) -> Deployed:
        ssm, said = self.aws.client("ssm"), {**desired.properties, "Name": name}
        tags = [{"Key": key, "Value": value} for key, value in tags_of(said).items()]
        given = arguments(ssm, "PutParameter", {key: value for key, value in said.items() if key != "Tags"})
        ssm.put_parameter(**given, Overwrite=overwrite, **({"Tags": tags} if tags and not overwrite else {}))
        if tags and overwrite:
            ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=tags)
        return made(desired, name, {"Type": said["Type"], "Value": said["Value"]})


class LogGroup:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        logs, said = self.aws.client("logs"), desired.properties
        name = said.get("LogGroupName", desired.name)
        more = {"kmsKeyId": said["KmsKeyId"]} if "KmsKeyId" in said else {}
        logs.create_log_group(logGroupName=name, tags=tags_of(said), **more)
        begun = made(desired, name, {"Arn": self.aws.arn("logs", f"log-group:{name}:*")})
        with undone(self, begun):
            self._retain(name, {}, said)
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        self._retain(deployed.physical_resource_id, deployed.properties, desired.properties)
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.aws.client("logs"), "DeleteLogGroup", {"logGroupName": deployed.physical_resource_id})

    def _retain(self, name: str, before: dict[str, Any], now: dict[str, Any]) -> None:
        logs = self.aws.client("logs")
        if "RetentionInDays" in now:
            logs.put_retention_policy(logGroupName=name, retentionInDays=int(now["RetentionInDays"]))
        elif "RetentionInDays" in before:
            logs.delete_retention_policy(logGroupName=name)


class TopicPolicy:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        policy = json.dumps(desired.properties["PolicyDocument"])
        for topic in desired.properties["Topics"]:
            self.aws.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        return made(desired, desired.name, {"Id": desired.name})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        self.create(desired)
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        """The topic keeps its policy: SNS has no operation that takes it away."""


class Key:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        kms, said = self.aws.client("kms"), desired.properties
        tags = [{"TagKey": key, "TagValue": value} for key, value in tags_of(said).items()]
        names: tuple[str, ...] = ("Description", "KeySpec", "KeyUsage", "Origin")
        more = {key: said[key] for key in names if key in said}
        if "KeyPolicy" in said:
            more["Policy"] = json.dumps(said["KeyPolicy"])
        answer = kms.create_key(Tags=tags, **more)["KeyMetadata"]
        self._rotate(answer["KeyId"], said)
        return made(desired, answer["KeyId"], {"Arn": answer["Arn"], "KeyId": answer["KeyId"]})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        kms, said, key = self.aws.client("kms"), desired.properties, deployed.physical_resource_id
        if "KeyPolicy" in said:
            kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(said["KeyPolicy"]))
        kms.update_key_description(KeyId=key, Description=said.get("Description", ""))
        self._rotate(key, said)
        return made(desired, key, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        forgiving(
            self.aws.client("kms"),
            "ScheduleKeyDeletion",
            {"KeyId": deployed.physical_resource_id, "PendingWindowInDays": 7},
        )

    def _rotate(self, key: str, said: dict[str, Any]) -> None:
        if str(said.get("EnableKeyRotation", "false")).lower() == "true":
            self.aws.client("kms").enable_key_rotation(KeyId=key)


class Rule:
    """An EventBridge rule with its targets."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        return self._put(desired, desired.properties.get("Name", desired.name), set())

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        before = {target["Id"] for target in deployed.properties.get("Targets", [])}
        return self._put(desired, deployed.attributes["Name"], before)

    def delete(self, deployed: Deployed) -> None:
        bus = _bus(deployed.properties)
        name = deployed.attributes["Name"]
        targets = [target["Id"] for target in deployed.properties.get("Targets", [])]
        if targets:
            forgiving(self.aws.client("events"), "RemoveTargets", {"Rule": name, "Ids": targets, **bus})
        forgiving(self.aws.client("events"), "DeleteRule", {"Name": name, **bus})

    def _put(self, desired: Desired, name: str, before: set[str]) -> Deployed:
        events, said = self.aws.client("events"), dict(desired.properties)
        targets = said.pop("Targets", [])
        answer = events.put_rule(**arguments(events, "PutRule", said | {"Name": name}))
        bus = _bus(said)
        gone = before - {target["Id"] for target in targets}
        if gone:
            events.remove_targets(Rule=name, Ids=sorted(gone), **bus)
        fresh = made(desired, name, {"Arn": answer["RuleArn"], "Name": name})
        if targets:
            said = {"Rule": name, "Targets": targets, **bus}
            with undone(self, fresh) if not before else nullcontext():
                events.put_targets(**arguments(events, "PutTargets", said))
        return fresh


def _bus(properties: dict[str, Any]) -> dict[str, str]:
    return {"EventBusName": properties["EventBusName"]} if "EventBusName" in properties else {}
