"""Roles and policies, through IAM's own API."""

import json
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.types.base import forgiving, tags_of, undone

SETTINGS = ("Description", "MaxSessionDuration")


def text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


class Role:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def iam(self) -> Any:
        return self.aws.client("iam")

    def create(self, desired: Desired) -> Deployed:
        said = desired.properties
        name = said.get("RoleName", desired.name)
        more = {key: said[key] for key in ("Path", "PermissionsBoundary", *SETTINGS) if key in said}
        answer = self.iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=text(said["AssumeRolePolicyDocument"]),
            Tags=[{"Key": key, "Value": value} for key, value in tags_of(said).items()],
            **_numbers(more),
        )["Role"]
        begun = made(desired, name, {"Arn": answer["Arn"], "RoleId": answer["RoleId"]})
        with undone(self, begun):
            self._put(name, said)
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        name, said = deployed.physical_resource_id, desired.properties
        self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=text(said["AssumeRolePolicyDocument"]))
        self.iam.update_role(RoleName=name, **_numbers({key: said[key] for key in SETTINGS if key in said}))
        self._retag(name, deployed, said)
        before = deployed.properties
        for policy in {each["PolicyName"] for each in before.get("Policies", [])} - {
            each["PolicyName"] for each in said.get("Policies", [])
        }:
            forgiving(self.iam, "DeleteRolePolicy", {"RoleName": name, "PolicyName": policy})
        for arn in set(before.get("ManagedPolicyArns", [])) - set(said.get("ManagedPolicyArns", [])):
            forgiving(self.iam, "DetachRolePolicy", {"RoleName": name, "PolicyArn": arn})
        self._put(name, said)
        return made(desired, name, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        """With what the template itself gave it; a policy that somebody else attached stops the deletion, as on AWS."""
        name, said = deployed.physical_resource_id, deployed.properties
        for policy in said.get("Policies", []):
            forgiving(self.iam, "DeleteRolePolicy", {"RoleName": name, "PolicyName": policy["PolicyName"]})
        for arn in said.get("ManagedPolicyArns", []):
            forgiving(self.iam, "DetachRolePolicy", {"RoleName": name, "PolicyArn": arn})
        forgiving(self.iam, "DeleteRole", {"RoleName": name})

    def _put(self, name: str, said: dict[str, Any]) -> None:
        for policy in said.get("Policies", []):
            self.iam.put_role_policy(
                RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=text(policy["PolicyDocument"])
            )
        for arn in said.get("ManagedPolicyArns", []):
            self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    def _retag(self, name: str, deployed: Deployed, said: dict[str, Any]) -> None:
        before, now = tags_of(deployed.properties), tags_of(said)
        if before.keys() - now.keys():
            self.iam.untag_role(RoleName=name, TagKeys=sorted(before.keys() - now.keys()))
        if now:
            self.iam.tag_role(RoleName=name, Tags=[{"Key": key, "Value": value} for key, value in now.items()])


def _numbers(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: int(value) if key == "MaxSessionDuration" else value for key, value in settings.items()}


HOLDERS = {"Roles": ("RoleName", "Role"), "Users": ("UserName", "User"), "Groups": ("GroupName", "Group")}


class InlinePolicy:
    """`AWS::IAM::Policy`: one document put into roles, users and groups."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        for holder, argument, name in self._holders(desired.properties):
            getattr(self.aws.client("iam"), f"put_{holder.lower()}_policy")(
                **{argument: name},
                PolicyName=desired.properties["PolicyName"],
                PolicyDocument=text(desired.properties["PolicyDocument"]),
            )
        return made(desired, f"{desired.stack_name[:5]}-{desired.logical_id[:4]}-{desired.name[-12:]}")

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        kept = set(self._holders(desired.properties))
        renamed = deployed.properties["PolicyName"] != desired.properties["PolicyName"]
        for gone in self._holders(deployed.properties):
            if renamed or gone not in kept:
                self._remove(gone, deployed.properties["PolicyName"])
        self.create(desired)
        return made(desired, deployed.physical_resource_id)

    def delete(self, deployed: Deployed) -> None:
        for holder in self._holders(deployed.properties):
            self._remove(holder, deployed.properties["PolicyName"])

    def _remove(self, holder: tuple[str, str, str], policy: str) -> None:
        kind, argument, name = holder
        forgiving(self.aws.client("iam"), f"Delete{kind}Policy", {argument: name, "PolicyName": policy})

    def _holders(self, properties: dict[str, Any]) -> list[tuple[str, str, str]]:
        return [(kind, argument, name) for key, (argument, kind) in HOLDERS.items() for name in properties.get(key, [])]


class ManagedPolicy:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def create(self, desired: Desired) -> Deployed:
        said = desired.properties
        answer = self.aws.client("iam").create_policy(
            PolicyName=said.get("ManagedPolicyName", desired.name),
            PolicyDocument=text(said["PolicyDocument"]),
            **{key: said[key] for key in ("Path", "Description") if key in said},
        )["Policy"]
        begun = made(desired, answer["Arn"], {"PolicyArn": answer["Arn"], "PolicyId": answer["PolicyId"]})
        with undone(self, begun):
            self._attach(answer["Arn"], {}, said)
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        iam, arn = self.aws.client("iam"), deployed.physical_resource_id
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        if len(versions) >= 5:  # IAM keeps five
            oldest = min(
                (each for each in versions if not each["IsDefaultVersion"]), key=lambda each: each["CreateDate"]
            )
            iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
        iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=text(desired.properties["PolicyDocument"]), SetAsDefault=True
        )
        self._attach(arn, deployed.properties, desired.properties)
        return made(desired, arn, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        iam, arn = self.aws.client("iam"), deployed.physical_resource_id
        self._attach(arn, deployed.properties, {})
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        forgiving(iam, "DeletePolicy", {"PolicyArn": arn})

    def _attach(self, arn: str, before: dict[str, Any], now: dict[str, Any]) -> None:
        iam = self.aws.client("iam")
        for key, (argument, kind) in HOLDERS.items():
            for name in set(before.get(key, [])) - set(now.get(key, [])):
                forgiving(iam, f"Detach{kind}Policy", {argument: name, "PolicyArn": arn})
            for name in now.get(key, []):
                getattr(iam, f"attach_{kind.lower()}_policy")(**{argument: name, "PolicyArn": arn})
