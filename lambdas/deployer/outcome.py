"""How one invocation ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployer.errors import Kind


@dataclass(frozen=True)
class Succeeded:
    number: int
    summary: str
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    message: str
    kind: Kind = "JobFailed"


@dataclass(frozen=True)
class Token:
    """Names the record that the next invocation re-enters; the record itself is in the cluster."""

    release: int
    stage: str
    fence: int


@dataclass(frozen=True)
class Continue:
    token: Token
    summary: str


Outcome = Succeeded | Failed | Continue
