"""A type without a service here: validated against its schema and recorded, so that Ref and GetAtt answer.

The identifier and the read-only attributes are made up as the schema names them: an ARN where it says Arn, an id
where it says Id. Nothing else about the resource exists.
"""

import secrets
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.schema import Schema


class Recorded:
    def __init__(self, aws: Aws, schema: Schema) -> None:
        self.aws = aws
        self.schema = schema

    def create(self, desired: Desired) -> Deployed:
        known = self._identified(desired)
        attributes = {name: self._attribute(name, desired, known) for name in self.schema.read_only} | known
        parts = [
            str(attributes.get(name) or desired.properties.get(name, desired.name)) for name in self.schema.primary
        ]
        return made(desired, "|".join(parts) or desired.name, attributes)

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        changed = {key: value for key, value in desired.properties.items() if key not in self.schema.read_only}
        return made(desired, deployed.physical_resource_id, deployed.attributes | changed)

    def delete(self, deployed: Deployed) -> None:
        """What was only recorded is gone with the stack's record."""

    def _identified(self, desired: Desired) -> dict[str, Any]:
        """The properties as attributes, with a name where the user gave none."""
        given = dict(desired.properties)
        for name in self.schema.primary:
            if name not in given and name not in self.schema.read_only:
                given[name] = desired.name
        return given

    def _attribute(self, path: str, desired: Desired, known: dict[str, Any]) -> str:
        last = path.rpartition(".")[2]
        _, service, kind = desired.type_name.split("::")
        label = next((str(known[name]) for name in self.schema.primary if name in known), desired.name)
        if last.endswith("Arn"):
            return self.aws.arn(service.lower(), f"{kind.lower()}/{label}")
        if last.endswith("Id"):
            return f"{kind.lower()}-{secrets.token_hex(8)}"
        return label
