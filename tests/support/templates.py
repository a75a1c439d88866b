"""A service's templates, as a test asks them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Synthesized:
    name: str
    folder: Path

    @property
    def files(self) -> list[Path]:
        return sorted([*self.folder.glob("*.template.json"), *self.folder.glob("*.assets.json")])

    def template(self, stack: str) -> dict[str, Any]:
        text = (self.folder / f"{self.name}-{stack}.template.json").read_text()
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Of both stacks, by logical id."""
        return {**self.template("cluster")["Resources"], **self.template("delivery")["Resources"]}

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of the resources of a type, by logical id."""
        return {key: item["Properties"] for key, item in self.resources.items() if item["Type"] == kind}

    @property
    def pipeline(self) -> dict[str, Any]:
        (only,) = self.of_type("AWS::CodePipeline::Pipeline").values()
        return only

    def stage(self, name: str) -> dict[str, Any]:
        (only,) = [stage for stage in self.pipeline["Stages"] if stage["Name"] == name]
        found: dict[str, Any] = only
        return found

    def statements_of(self, role: str) -> list[dict[str, Any]]:
        """What the policies that are attached to a role (by logical id) say."""
        return [
            statement
            for policy in self.of_type("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
