"""One environment that is delivered by commits: the ledger is DynamoDB's (moto), the repository is in memory, and the
reconciler's object says what the test lets it say."""

import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deployer.budget import UNLIMITED, Budget
from deployer.gates.freeze import Freeze
from deployer.gates.scan import Policy, Scan
from deployer.gitops.deliver import deliver
from deployer.gitops.place import Place
from deployer.gitops.site import Site, Watcher
from deployer.kube.errors import NotFound, Status
from deployer.ledger.dynamodb import DynamoLedger
from deployer.log import Log
from deployer.outcome import Outcome, Token
from deployer.redact import Redactor
from deployer.release import NAME
from deployer.target import Target
from deployer.world import Request
from tests.support.config_repository import InMemory
from tests.support.delivery import HOST, AnyImage, make_ledger, release_json

PLACE = Place("config", "main", "envs/dev", "argocd", "shop-dev", "argocd")
FILE = "envs/dev/kustomization.yaml"
START = 1_800_000_000.0


@dataclass
class Reconciler:
    """Argo CD's Application as a cluster shows it; `turn` is what the controller makes of the branch by the next
    look."""

    turn: Callable[[], Mapping[str, Any] | None]
    looks: int = 0

    def get(self, path: str, subject: str = "") -> Mapping[str, Any]:
        self.looks += 1
        found = self.turn()
        if found is None:
            raise NotFound(Status(404, "NotFound", "not found"), subject)
        return found

    def close(self) -> None: ...


def application(revision: str, health: str = "Healthy", sync: str = "Synced") -> dict[str, Any]:
    return {"status": {"sync": {"status": sync, "revision": revision}, "health": {"status": health}}}


@dataclass
class Scanned:
    """A registry whose scans all show the same."""

    scan: Scan

    def of(self, image: object, within: float) -> Scan:
        return self.scan


@dataclass
class Environment:
    repository: InMemory
    ledger: DynamoLedger
    reconciler: Reconciler = field(init=False)
    stream: io.StringIO = field(default_factory=io.StringIO)
    now: float = START
    gates: tuple[Policy, Scanned] | None = None
    freeze: tuple[Freeze, ...] = ()

    def __post_init__(self) -> None:
        self.reconciler = Reconciler(lambda: application(self.repository.head()))

    @property
    def site(self) -> Site:
        redactor = Redactor()
        target = Target(
            "shop", "dev", "shop-dev", "shop", "us-east-1", "shop-releases", {"web": f"{HOST}/shop/web"}, (),
            patience=120.0, soak=60.0, gitops=PLACE, scan=self.gates[0] if self.gates else None,
            freeze=self.freeze,
        )  # fmt: skip
        watcher = Watcher(self.reconciler, PLACE)  # type: ignore[arg-type]
        scans = self.gates[1] if self.gates else None
        return Site(
            target, PLACE, watcher, self.repository, self.ledger, AnyImage(), scans, None, redactor,
            Log(redactor, self.stream), lambda: self.now, self._sleep,
        )  # fmt: skip

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def release(
        self,
        letter: str = "a",
        execution: str = "",
        budget: Budget = UNLIMITED,
        attempt: str = "",
        token: Token | None = None,
        plan: str = "",
    ) -> Outcome:
        def fetch(folder: Path) -> None:
            (folder / NAME).write_text(release_json(images={"web": letter}))

        execution = execution or uuid.uuid4().hex
        request = Request(execution, attempt or uuid.uuid4().hex, uuid.uuid4().hex, fetch, token, plan)
        return deliver(self.site, request, budget, lambda release: None)

    @property
    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.stream.getvalue().splitlines()]

    def pins(self, letter: str) -> bool:
        return f"sha256:{letter * 64}" in self.repository.trees[self.repository.head()][FILE]


@pytest.fixture(scope="module")
def table() -> Iterator[None]:
    with mock_aws():
        make_ledger()
        yield


@pytest.fixture
def dev(table: None, monkeypatch: pytest.MonkeyPatch) -> Environment:
    for name, value in (("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")):
        monkeypatch.setenv(name, value)
    service = f"shop-{uuid.uuid4().hex[:8]}"
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    files = {FILE: f"images:\n  - name: {HOST}/shop/web\n    newTag: v1\n"}
    return Environment(InMemory(PLACE, files), DynamoLedger(client, "shop-releases", service, "dev"))
