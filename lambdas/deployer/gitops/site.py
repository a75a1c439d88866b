"""What such a release needs of the outside, built once and handed in: no lock and no set in the cluster, whose one
object it reads."""

import time
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from deployer.aws import EcrRegistry
from deployer.errors import DeployError, Fatal
from deployer.gates.alarms import CloudWatchAlarms
from deployer.gates.ecr import EcrScans
from deployer.gates.kms import signatures_of
from deployer.gitops.commit import Repository
from deployer.gitops.place import Place
from deployer.gitops.reconcilers import argocd, flux
from deployer.gitops.repository import CodeCommit
from deployer.gitops.state import Reached, State
from deployer.kube.client import Kube
from deployer.kube.errors import Forbidden, NotFound
from deployer.ledger import Ledger
from deployer.ledger.dynamodb import DynamoLedger
from deployer.log import Log
from deployer.redact import Redactor
from deployer.target import Target
from deployer.values import dataclass
from deployer.world import Alarms, Registry, Scans, Signatures

if TYPE_CHECKING:
    from deployer.compose import Composed

RECONCILERS: dict[str, ModuleType] = {"argocd": argocd, "flux": flux}


class CommitLedger(Ledger, Protocol):
    """A ledger that also knows commits of the configuration."""

    def running(self) -> int:
        """The number of what runs in the environment; 0 for nothing."""

    def committed(self, number: int, commit: str) -> None:
        """Say which commit brought a release."""


@dataclass(frozen=True)
class Watcher:
    """The one object in the cluster that tells how the reconciler fares."""

    kube: Kube
    place: Place

    def look(self, reached: Reached) -> State:
        state: State = self._kind.judge(self._read(), reached)
        return state

    def refuse(self) -> None:
        """Fatal when the object is not there, may not be read, or could never tell that a release is healthy."""
        if reason := self._kind.refusal(self._read()):
            raise Fatal(f"{reason}.", subject=self.subject, kind="ConfigurationError")

    @property
    def subject(self) -> str:
        return f"{self._kind.KIND} {self.place.namespace}/{self.place.application}"

    @property
    def resource(self) -> str:
        """As kubectl names it."""
        return f"{self._kind.PLURAL}.{self._kind.GROUP}/{self.place.application}"

    @property
    def _kind(self) -> ModuleType:
        return RECONCILERS[self.place.by]

    def _read(self) -> dict[str, Any]:
        try:
            return self.kube.get(self._kind.path(self.place), self.subject)
        except NotFound as error:
            raise self._wrong("it is not in the cluster", "Make it, or correct `gitops` in pipeline.yaml.") from error
        except Forbidden as error:
            remedy = (
                "Deploy the cluster stack again: its function makes the Role that allows this (`cdk deploy --all`)."
            )
            raise self._wrong(error.status.message, remedy) from error

    def _wrong(self, reason: str, remedy: str) -> DeployError:
        return Fatal(f"{reason.rstrip('.')}.", subject=self.subject, remedy=remedy, kind="ConfigurationError")


@dataclass(frozen=True)
class Site:
    target: Target
    place: Place
    cluster: Watcher
    repository: Repository
    ledger: CommitLedger
    registry: Registry
    scans: Scans | None
    alarms: Alarms | None
    redactor: Redactor
    log: Log
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    signatures: Signatures | None = None


def site_of(base: "Composed", target: Target, place: Place, kube: Kube) -> Site:
    """The function's own."""
    clients = base.clients
    ecr = clients.of("ecr", target.region)
    return Site(
        target=target,
        place=place,
        cluster=Watcher(kube, place),
        repository=CodeCommit(clients.of("codecommit"), place),
        ledger=DynamoLedger(clients.of("dynamodb"), target.ledger, target.service, target.environment),
        registry=EcrRegistry(ecr),
        scans=EcrScans(ecr, indexes=target.scan.indexes) if target.scan else None,
        alarms=CloudWatchAlarms(clients.of("cloudwatch")) if target.alarms else None,
        signatures=signatures_of(target, clients, ecr),
        redactor=base.redactor,
        log=base.log,
    )
