"""The provider of a type: ours, else moto's own model, else a record by the type's schema, else none.

Every resource without a provider of ours is validated against its schema; so is one that has a provider, since a
property that AWS refuses must fail here, too.
"""

from collections.abc import Mapping

from moto.cloudformation.parsing import get_model_map

from local.aws.clients import Aws
from local.aws.cloudformation.native import Native
from local.aws.cloudformation.recorded import Recorded
from local.aws.cloudformation.resource import Properties, Provider
from local.aws.cloudformation.schema import schema_of
from local.aws.cloudformation.types import PROVIDERS
from local.aws.cloudformation.types.custom import Answers, Custom

# moto makes stacks of these through a template engine that is not in use here.
NOT_NATIVE = {"AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet"}


class UnknownType(Exception):
    """A type that neither AWS nor this template's stack has."""


class Registry:
    def __init__(self, aws: Aws, answers: Answers) -> None:
        self.aws = aws
        self._custom = Custom(aws, answers)
        self._providers: dict[str, Provider] = {}

    def provider(self, type_name: str) -> Provider:
        if type_name not in self._providers:
            self._providers[type_name] = self._make(type_name)
        return self._providers[type_name]

    def _make(self, type_name: str) -> Provider:
        if is_custom(type_name):
            return self._custom
        if type_name in PROVIDERS:
            return PROVIDERS[type_name](self.aws)
        if type_name in NOT_NATIVE:
            raise UnknownType(f"the local AWS does not have {type_name}")
        if type_name in get_model_map():
            return Native(self.aws, type_name)
        schema = schema_of(type_name)
        if schema is None:
            raise UnknownType(f"Template format error: Unrecognized resource types: [{type_name}]")
        return Recorded(self.aws, schema)

    def problems(self, type_name: str, properties: Properties) -> list[str]:
        if is_custom(type_name):
            return [] if "ServiceToken" in properties else ["#: required key [ServiceToken] not found"]
        schema = schema_of(type_name)
        return schema.problems(properties) if schema else []

    def replaces(self, type_name: str, before: Properties, now: Properties) -> bool:
        """Whether a change of these properties makes a new resource."""
        if is_custom(type_name):
            return before.get("ServiceToken") != now.get("ServiceToken")
        schema = schema_of(type_name)
        return any(_differs(name, before, now) for name in schema.create_only) if schema else False


def is_custom(type_name: str) -> bool:
    return type_name.startswith("Custom::") or type_name == "AWS::CloudFormation::CustomResource"


def _differs(name: str, before: Mapping[str, object], now: Mapping[str, object]) -> bool:
    return before.get(name) != now.get(name)
