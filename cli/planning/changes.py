"""Changes of resources, in frozen values with closed words."""

from dataclasses import dataclass
from typing import Any, Literal

from cli.planning.template import Path, Resource

Action = Literal["created", "changed", "replaced", "maybe replaced", "deleted", "kept"]
VERSIONS = ("AWS::Lambda::LayerVersion", "AWS::Lambda::Version")  # never change: a new one is what a change is
GOES = ("replaced", "maybe replaced", "deleted", "kept")


@dataclass(frozen=True)
class PropertyChange:
    """None stands for: not there."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """`kept`: leaves the stack, and stays in the account. `because`: it refers to these, which are replaced."""

    stack: str
    id: str
    type: str
    action: Action
    before: Resource | None = None
    after: Resource | None = None
    properties: tuple[PropertyChange, ...] = ()
    because: tuple[str, ...] = ()
    refused: str = ""  # why CloudFormation will not do it

    @property
    def goes(self) -> bool:
        """Whether what is there now ends, or leaves the stack."""
        return self.action in GOES and not (self.type in VERSIONS and "replaced" in self.action)
