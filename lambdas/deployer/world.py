"""What a release needs of the outside, built once by `compose` or by the command line, and handed in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from deployer.arrival import Arrival, arrive
from deployer.inventory import Inventory
from deployer.kube.client import Kube
from deployer.kube.verbs import Cluster
from deployer.ledger import Ledger
from deployer.log import Log
from deployer.objects import Object
from deployer.outcome import Token
from deployer.redact import Redactor
from deployer.render import Tools
from deployer.store import Store
from deployer.target import Target
from deployer.values import dataclass

if TYPE_CHECKING:
    from deployer.bump.references import Image
    from deployer.charts.registry import Registries
    from deployer.gates.alarms import Alarm
    from deployer.gates.scan import Scan
    from deployer.helm.record import Records


class Registry(Protocol):
    def check(self, images: "Iterable[Image]") -> None:
        """Fatal for an image whose digest the registry does not hold."""


def nowhere() -> "Registries":
    """Charts come from no registry."""
    from deployer.charts.registry import Registries

    return Registries()


class Scans(Protocol):
    def of(self, image: "Image", within: float) -> "Scan":
        """What is known of an image by its digest; a scan that is at work longer than `within` seconds after the push
        tells nothing."""


class Signatures(Protocol):
    def of(self, image: "Image") -> str | None:
        """The manifest of an image's signatures; None when there is none."""

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the target's key has signed the message."""


class Alarms(Protocol):
    def of(self, names: "Sequence[str]") -> "list[Alarm]":
        """What is known of each; Fatal for one that is not there."""


class Marks(Protocol):
    def coming(self, images: "Iterable[Image]") -> None:
        """Hold images that are about to be released; Fatal for one that is gone."""

    def arrived(self) -> None:
        """Those that came are what runs now; what ran before is held, too."""


class Vault(Protocol):
    def secrets(self) -> list[Object]:
        """The target's secrets as Kubernetes Secrets, without a namespace."""


@dataclass(frozen=True)
class World:
    target: Target
    cluster: Cluster
    kube_version: str  # "" where no chart is delivered
    inventory: Inventory
    store: Store
    ledger: Ledger
    registry: Registry
    vault: Vault
    scans: Scans | None  # None: no registry that scans
    alarms: Alarms | None  # None: none are watched
    tools: Tools
    redactor: Redactor
    log: Log
    charts: "Callable[[], Registries]"  # both late: 15 ms of imports that only charts need
    recorded: "Callable[[], Records]"
    signatures: Signatures | None = None  # None: nobody asks for any
    marks: Marks | None = None  # None: nothing is marked

    @cached_property
    def records(self) -> "Records":
        return self.recorded()


@dataclass(frozen=True)
class Edges:
    """What is another thing on a laptop than in the function."""

    ledger: Ledger
    registry: Registry
    vault: Vault
    tools: Tools
    charts: "Callable[[], Registries]" = nowhere  # where packed charts may come from
    scans: Scans | None = None
    signatures: Signatures | None = None
    alarms: Alarms | None = None
    marks: Marks | None = None


def world_around(
    kube: Kube, target: Target, edges: Edges, redactor: Redactor, log: Log, arrival: Arrival | None = None
) -> World:
    """The first requests to a cluster, unless somebody has asked them: what it is and what it knows. It is closed when
    it does not answer."""
    try:
        arrival = arrival or arrive(kube, target.service, target.namespace)
        charts = any(source.kind == "helm" for source in target.deliveries)  # nobody else asks for the version
        version = str(kube.get("/version")["gitVersion"]) if charts else ""
    except BaseException:
        kube.close()
        raise
    return World(
        target=target,
        cluster=Cluster(kube, arrival.resources),
        kube_version=version,
        inventory=arrival.inventory,
        store=Store(kube, target.service, target.namespace),
        ledger=edges.ledger,
        registry=edges.registry,
        vault=edges.vault,
        scans=edges.scans,
        signatures=edges.signatures,
        alarms=edges.alarms,
        tools=edges.tools,
        redactor=redactor,
        log=log,
        charts=edges.charts,
        recorded=lambda: _records(kube, target),
        marks=edges.marks,
    )


def _records(kube: Kube, target: Target) -> "Records":
    from deployer.helm.record import Records

    return Records(kube, target.namespace, history=target.history)


@dataclass(frozen=True)
class Request:
    """One delivery of one job. `attempt` is the same when the job is delivered again, `holder` never is."""

    execution: str
    attempt: str
    holder: str
    fetch: Callable[[Path], None]  # unpacks the input artifact into an empty folder
    token: Token | None = None  # that this invocation continues from; None for a first one
    plan: str = ""  # the digest of a plan that somebody has read: any other one is not carried out
    read: Mapping[str, Any] | None = None  # that plan's own document (`Plan.document`), when it is at hand
    seal: Callable[[], str] = str  # names the artifact by its bytes; empty where there is none
    planned: Callable[[Any], None] = lambda planned: None  # is shown the plan (flow.Planned) before it is carried out
    verify_all: bool = False  # every object is tried, whatever is remembered of it
    again: int = 0  # an earlier release whose stored set is delivered once more, instead of an artifact
    renew: bool = False  # the release that runs is delivered once more, with what its secrets hold now


def same_artifact(seal: str, another: str) -> bool:
    """Whether two seals are of the same bytes, as far as both are known, whatever the version."""
    first, second = (each.partition(" ")[0] for each in (seal, another))
    return first == second or not (first and second)
