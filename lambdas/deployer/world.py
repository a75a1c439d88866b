"""What a release needs of the outside, built once by `compose` (or by the command line) and handed in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deployer.bump.references import Image
from deployer.helm.record import Records
from deployer.inventory import Inventory
from deployer.kube.verbs import Cluster
from deployer.ledger import Ledger
from deployer.log import Log
from deployer.objects import Object
from deployer.redact import Redactor
from deployer.render import Tools
from deployer.store import Store
from deployer.target import Target


class Registry(Protocol):
    def check(self, images: Iterable[Image]) -> None:
        """Fatal for an image whose digest the registry does not hold."""


class Vault(Protocol):
    def secrets(self) -> list[Object]:
        """The target's secrets as Kubernetes Secrets, without a namespace."""


@dataclass(frozen=True)
class World:
    target: Target
    cluster: Cluster
    kube_version: str
    inventory: Inventory
    store: Store
    records: Records
    ledger: Ledger
    registry: Registry
    vault: Vault
    tools: Tools
    redactor: Redactor
    log: Log


@dataclass(frozen=True)
class Request:
    """One delivery of one job. `attempt` is the same when the job is delivered again, `holder` never is."""

    execution: str
    attempt: str
    holder: str
    fetch: Callable[[Path], None]  # unpacks the input artifact into an empty folder
    release: int = 0  # what a continuation token names; 0 for a first invocation
    fence: int = 0
