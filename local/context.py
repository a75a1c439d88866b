"""What the machine's rooms know of each other: the few things for which AWS has no public API.

Everything else goes through AWS's own APIs over HTTP, with the caller's own credentials.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from local.settings import Home

if TYPE_CHECKING:  # a third of a second, which the node's programs need not wait for
    import boto3

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AccessDenied(Exception):
    """The message is AWS's own: who is not authorized to perform what on which resource, and why."""


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    session_token: str


@dataclass(frozen=True)
class Principal:
    """Who a request comes from; `role_arn` is there for assumed roles only."""

    arn: str
    account: str
    kind: Literal["root", "assumed-role"]
    role_arn: str | None = None


class Server(Protocol):
    def mount(self, prefix: str, app: WSGIApplication) -> None:
        """Serve a path prefix before moto sees it."""

    def settle(self) -> None:
        """What AWS's services were given before this call survives a kill when it returns."""


class Identity(Protocol):
    def assume_as_service(self, role_arn: str, service: str, session_name: str) -> Credentials:
        """Credentials of a role whose trust policy names the service; AccessDenied when it does not."""

    def session(self, credentials: Credentials, region: str | None = None) -> "boto3.Session":
        """A session whose clients talk to this machine with these credentials."""

    def owner_session(self, account: str | None = None, region: str | None = None) -> "boto3.Session":
        """The session of an account's owner, for the machine's own reading: never handed on. Without an account it is
        the machine's own."""

    def principal(self, access_key: str, session_token: str | None) -> Principal | None:
        """Who a key belongs to; None for a key that nobody was given."""

    def secret_key(self, access_key: str, session_token: str | None) -> str | None:
        """The secret of a key, to verify a signature; None for a key that nobody has, or whose session is over."""

    def check(self, principal: Principal, action: str, resource: str) -> None:
        """AccessDenied unless the principal's policies allow the action on the resource."""

    def middleware(self, app: WSGIApplication) -> WSGIApplication:
        """The application behind a gate that knows every caller and asks their policies."""


class Events(Protocol):
    def publish(self, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        """A service's own event on the default bus: rules match it, targets start under the rule's role."""


@dataclass(frozen=True)
class FailedRun:
    """A run of an asynchronous invocation that failed; `last` when no other follows."""

    reason: str
    last: bool


class FailedRuns:
    """Asynchronous invocations that fail, by their request's id: AWS tells of them only where a destination is set."""

    KEPT = 200

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, FailedRun] = OrderedDict()

    def tell(self, request_id: str, run: FailedRun) -> None:
        with self._lock:
            self._runs[request_id] = run
            self._runs.move_to_end(request_id)
            while len(self._runs) > self.KEPT:
                self._runs.popitem(last=False)

    def newest(self, request_id: str) -> FailedRun | None:
        """None while no run of the request has failed."""
        with self._lock:
            return self._runs.get(request_id)


Document = dict[str, Any]


def _no_room(*_: object) -> Document:
    raise RuntimeError("this machine has no room for builds")


@dataclass
class Compute:
    """Builds that belong to no project, as CodePipeline's own: no API starts them. CodeBuild's room says how."""

    start: Callable[[Document, Credentials], Document] = _no_room  # what is wanted, and whose hands it works with
    find: Callable[[str], Document] = _no_room  # the build of an id


class Part(Protocol):
    """A running part of the machine. `start` also mends what a kill left behind."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Launched(Part, Protocol):
    """A part with programs of its own. `start` comes after `launch`, and may wait in any thread."""

    def launch(self) -> None:
        """Start the programs, and return at once. From the main thread: they end with the thread that started them."""


@dataclass(frozen=True)
class Context:
    home: Home
    identity: Identity
    events: Events
    server: Server
    failed_runs: FailedRuns = field(default_factory=FailedRuns)
    compute: Compute = field(default_factory=Compute)
