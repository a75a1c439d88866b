"""Secrets, with values generated once: an update keeps the value unless the template gives another."""

import json
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.types.base import forgiving, tags_of

NOT_RANDOM = {"SecretStringTemplate", "GenerateStringKey"}


class Secret:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def manager(self) -> Any:
        return self.aws.client("secretsmanager")

    def create(self, desired: Desired) -> Deployed:
        said = desired.properties
        more = {key: said[key] for key in ("Description", "KmsKeyId") if key in said}
        value = self._value(said)
        answer = self.manager.create_secret(
            Name=said.get("Name", desired.name),
            Tags=[{"Key": key, "Value": item} for key, item in tags_of(said).items()],
            **({"SecretString": value} if value is not None else {}),
            **more,
        )
        return made(desired, answer["ARN"], {"Id": answer["ARN"]})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        before, said, arn = deployed.properties, desired.properties, deployed.physical_resource_id
        more = {key: said[key] for key in ("Description", "KmsKeyId") if key in said}
        changed = any(said.get(key) != before.get(key) for key in ("SecretString", "GenerateSecretString"))
        value = self._value(said) if changed else None
        self.manager.update_secret(SecretId=arn, **({"SecretString": value} if value is not None else {}), **more)
        self._retag(arn, tags_of(before), tags_of(said))
        return made(desired, arn, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        """At once: a stack that is made again must find its name free."""
        given = {"SecretId": deployed.physical_resource_id, "ForceDeleteWithoutRecovery": True}
        forgiving(self.manager, "DeleteSecret", given)

    def _value(self, said: dict[str, Any]) -> str | None:
        if "SecretString" in said:
            return str(said["SecretString"])
        generated = said.get("GenerateSecretString")
        if generated is None:
            return None
        given = arguments(
            self.manager, "GetRandomPassword", {k: v for k, v in generated.items() if k not in NOT_RANDOM}
        )
        password = str(self.manager.get_random_password(**given)["RandomPassword"])
        if "GenerateStringKey" not in generated:
            return password
        template = json.loads(generated.get("SecretStringTemplate", "{}"))
        return json.dumps(template | {generated["GenerateStringKey"]: password})

    def _retag(self, arn: str, before: dict[str, str], now: dict[str, str]) -> None:
        if before.keys() - now.keys():
            self.manager.untag_resource(SecretId=arn, TagKeys=sorted(before.keys() - now.keys()))
        if now and now != before:
            self.manager.tag_resource(SecretId=arn, Tags=[{"Key": k, "Value": v} for k, v in now.items()])
