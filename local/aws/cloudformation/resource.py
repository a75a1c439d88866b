"""What a resource is to CloudFormation, and what a type's provider promises.

A provider is stateless: what it made is in the `Deployed` that it returns, which the stack keeps.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from moto.core.utils import utcnow

Properties = dict[str, Any]


class ResourceFailed(Exception):
    """A resource could not be made, changed or deleted; the message goes into the stack's events."""


class CannotChange(ResourceFailed):
    """A change that is not to be had here, refused before anything was done: the resource is what it was."""


@dataclass(frozen=True)
class Desired:
    """One resource of the template with everything resolved."""

    logical_id: str
    type_name: str
    properties: Properties
    stack_id: str
    stack_name: str
    name: str  # the physical name that CloudFormation would make up
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Deployed:
    """One resource that exists. Its names are those that moto's expressions look for."""

    logical_resource_id: str
    type_name: str
    physical_resource_id: str
    properties: Properties
    attributes: dict[str, Any] = field(default_factory=dict)
    model: Any = None  # moto's own object, where moto's own model made it
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    policy: str = "Delete"
    since: datetime = field(default_factory=utcnow)

    def get_cfn_attribute(self, name: str) -> Any:
        if name in self.attributes:
            return self.attributes[name]
        if self.model is not None:
            return self.model.get_cfn_attribute(name)
        raise ResourceFailed(
            f"Template error: resource {self.logical_resource_id} does not support attribute type {name} in Fn::GetAtt"
        )


class Provider(Protocol):
    """Creates, changes and deletes resources of a type; ClientError and ResourceFailed fail the stack."""

    def create(self, desired: Desired) -> Deployed: ...

    def update(self, deployed: Deployed, desired: Desired) -> Deployed: ...

    def delete(self, deployed: Deployed) -> None:
        """Of what is gone already: no error."""


def made(desired: Desired, physical_id: str, attributes: dict[str, Any] | None = None, model: Any = None) -> Deployed:
    return Deployed(desired.logical_id, desired.type_name, physical_id, desired.properties, attributes or {}, model)
