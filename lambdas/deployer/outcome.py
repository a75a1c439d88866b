"""How one invocation ends."""

from collections.abc import Mapping

from deployer.errors import Kind
from deployer.values import dataclass, field


@dataclass(frozen=True)
class Succeeded:
    number: int
    summary: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    id: str = ""  # what the action shows for it; the release's number when empty


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
    mac: str = ""  # by the inventory's own key: others cannot make one, nor change this


@dataclass(frozen=True)
class Continue:
    token: Token
    summary: str


Outcome = Succeeded | Failed | Continue
