"""What is asked of the API server, and where it is: values without behaviour."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from deployer.values import dataclass, field

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON = "application/json"

Json = dict[str, Any]


class Bearer(Protocol):
    """Gives the token of the moment ("" for none); a new one when the server has refused that."""

    def __call__(self, renew: bool = False) -> str: ...


@runtime_checkable
class Clocked(Protocol):
    """A bearer whose tokens carry a time: it is told the server's `Date` before it is to renew."""

    def server_date(self, date: str) -> None: ...


@dataclass(frozen=True)
class Endpoint:
    url: str
    ca: str  # PEM
    identity: str  # who the bearer is, for messages


@dataclass(frozen=True)
class Call:
    """One request of a batch; every one is such that it may be sent twice."""

    method: str
    path: str
    subject: str = ""  # names the object in errors
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""  # encoded by the caller
    content: str = JSON
    accept: str = JSON
