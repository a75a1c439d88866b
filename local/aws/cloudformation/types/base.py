"""Types that are one object of one API, described instead of programmed.

Paths are JMESPath over `{input, output, name, properties, account, region}`: the operation's arguments and answer,
the generated name, the template's properties.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore.exceptions import ClientError

from local.aws.clients import Aws
from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import CannotChange, Deployed, Desired, Provider, ResourceFailed, made

GONE = ("NotFound", "NoSuch", "ResourceNotFound", "DoesNotExist", "NonExistent")


@dataclass(frozen=True)
class Api:
    """`name` is the property that is filled in with a generated name when the template gives none."""

    service: str
    create: str
    identifier: str
    delete: str
    delete_with: Mapping[str, str]  # argument → path over {id, attributes, properties}
    attributes: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # property → the API's name for it
    update: str | None = None
    update_with: Mapping[str, str] = field(default_factory=dict)
    update_only: frozenset[str] = frozenset()  # properties the update operation takes
    settings: frozenset[str] = frozenset()  # properties of the template alone, which no operation takes


class ApiType:
    def __init__(self, aws: Aws, api: Api) -> None:
        self.aws = aws
        self.api = api

    def create(self, desired: Desired) -> Deployed:
        client = self.aws.client(self.api.service)
        given = self.arguments(client, self.api.create, self.named(desired))
        return self.read(desired, given, call(client, self.api.create, given))

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        self._refuse_fixed(deployed, desired)
        changeable = {key: value for key, value in desired.properties.items() if key in self.api.update_only}
        if self.api.update and any(deployed.properties.get(key) != value for key, value in changeable.items()):
            client = self.aws.client(self.api.service)
            given = self.arguments(client, self.api.update, changeable) | self.known(self.api.update_with, deployed)
            call(client, self.api.update, given)
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def _refuse_fixed(self, deployed: Deployed, desired: Desired) -> None:
        before, now, changeable = deployed.properties, desired.properties, self.api.update_only | self.api.settings
        fixed = [key for key in sorted({*before, *now} - changeable) if before.get(key) != now.get(key)]
        if fixed:
            raise CannotChange(f"the local AWS cannot change {', '.join(fixed)} of a {desired.type_name} in place")

    def delete(self, deployed: Deployed) -> None:
        client = self.aws.client(self.api.service)
        forgiving(client, self.api.delete, self.known(self.api.delete_with, deployed))

    def named(self, desired: Desired) -> dict[str, Any]:
        properties = {key: value for key, value in desired.properties.items() if key not in self.api.settings}
        if self.api.name and self.api.name not in properties:
            properties[self.api.name] = desired.name
        return properties

    def arguments(self, client: Any, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        return arguments(client, operation, properties, self.api.names)

    def known(self, paths: Mapping[str, str], deployed: Deployed) -> dict[str, Any]:
        said = {
            "id": deployed.physical_resource_id,
            "attributes": deployed.attributes,
            "properties": deployed.properties,
        }
        return {key: jmespath.search(path, said) for key, path in paths.items()}

    def read(self, desired: Desired, given: Mapping[str, Any], answer: Mapping[str, Any]) -> Deployed:
        said = {
            "input": given,
            "output": answer,
            "name": desired.name,
            "properties": desired.properties,
            "account": self.aws.account,
            "region": self.aws.region,
        }
        attributes = {name: jmespath.search(path, said) for name, path in self.api.attributes.items()}
        return made(desired, str(jmespath.search(self.api.identifier, said)), attributes)


def call(client: Any, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """An operation by its API name, `CreateProject`."""
    method = next(name for name, api_name in client.meta.method_to_api_mapping.items() if api_name == operation)
    return dict(getattr(client, method)(**given) or {})


def forgiving(client: Any, operation: str, given: Mapping[str, Any]) -> None:
    """The operation, where the thing may be gone already."""
    try:
        call(client, operation, given)
    except ClientError as error:
        if not is_gone(error):
            raise


@contextmanager
def undone(provider: Provider, begun: Deployed) -> Iterator[None]:
    """What follows a creation: when it fails, what was begun is deleted, and the stack can be deployed again."""
    try:
        yield
    except (ClientError, ResourceFailed):
        provider.delete(begun)
        raise


def is_gone(error: ClientError) -> bool:
    code = str(error.response["Error"]["Code"])
    return any(word.lower() in code.lower() for word in GONE) or code == "404"


def tags_of(properties: Mapping[str, Any]) -> dict[str, str]:
    """CloudFormation's tags, a list or a map, as a map."""
    tags = properties.get("Tags") or {}
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}
