"""One target on a real API server, and a way to release to it: what the deployer's own tests share."""

import dataclasses
import functools
import io
import itertools
import json
import os
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

from deployer.artifact import unpack
from deployer.budget import UNLIMITED, Budget
from deployer.canary.model import Progressive
from deployer.compose import Clients, Composed, world_of
from deployer.flow import deliver
from deployer.gates.freeze import Freeze
from deployer.gates.scan import Policy
from deployer.helm.record import BUSY, Records
from deployer.job import Answers
from deployer.ledger.dynamodb import DynamoLedger
from deployer.log import Log
from deployer.outcome import Outcome, Token
from deployer.redact import Redactor
from deployer.render import Tools
from deployer.target import Source, Target
from deployer.world import Request, World
from tests.support.controlplane import TOKEN, ControlPlane

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def release_json(service: str = "shop", images: Mapping[str, str] | None = None, **words: str) -> str:
    made = {
        name: {"repository": f"{HOST}/{service}/{name}", "tag": f"src-{letter * 16}", "digest": digest(letter)}
        for name, letter in (images or {"web": "a"}).items()
    }
    return json.dumps({"schema": 1, "service": service, "commit": "c0ffee", "images": made, **words})


def zipped(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


@functools.cache
def _session() -> boto3.Session:
    """One for all worlds: each of its own would read AWS's models anew, a tenth of a second of every release."""
    return boto3.Session(aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")


class AnyImage:
    """A registry that holds everything."""

    def check(self, images: Any) -> None:
        list(images)


def deployment(name: str = "web", pod: str = "ready", image: str = "shop/web", replicas: int = 1, **extra: Any) -> str:
    labels = {"app": name}
    return json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels, "annotations": {"test/pod": pod}},
                    "spec": {"containers": [{"name": "app", "image": image, **extra}]},
                },
            },
        }
    )


def config_map(name: str, **data: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


@dataclasses.dataclass
class Place:
    """A namespace, a ledger and the tools: `release` sends files through the deployer as one pipeline execution."""

    plane: ControlPlane
    namespace: str
    tools: Tools
    deliveries: tuple[Source, ...] = (Source("manifests", "manifests"),)
    secrets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    restart: tuple[str, ...] = ()
    patience: float = 30.0
    history: int = 10
    prune_share: float = 0.5
    other_namespaces: tuple[str, ...] = ()
    force_conflicts: bool = False
    helm_busy: float = BUSY
    token: str = TOKEN
    environment: str = ""  # its namespace's name, unless it has one of its own
    lease: float = 6.0  # seconds: a killed one is missed sooner
    scan: Policy | None = None
    soak: float = 0.0
    alarms: tuple[str, ...] = ()
    freeze: tuple[Freeze, ...] = ()
    progressive: Progressive | None = None
    sbom: bool = False
    logged: io.StringIO = dataclasses.field(default_factory=io.StringIO)

    @property
    def target(self) -> Target:
        return Target(
            service="shop",
            environment=self.environment or self.namespace,
            namespace=self.namespace,
            cluster="shop",
            region="us-east-1",
            ledger="shop-releases",
            images={name: f"{HOST}/shop/{name}" for name in ("web", "api")},
            deliveries=self.deliveries,
            secrets=self.secrets,
            restart=self.restart,
            patience=self.patience,
            history=self.history,
            prune_share=self.prune_share,
            other_namespaces=self.other_namespaces,
            force_conflicts=self.force_conflicts,
            scan=self.scan,
            soak=self.soak,
            alarms=self.alarms,
            freeze=self.freeze,
            progressive=self.progressive,
            sbom=self.sbom,
        )

    def world(self) -> World:
        redactor = Redactor()
        return self.world_of(
            Composed(Clients(_session()), Answers(None, redactor.clean), redactor, Log(redactor, self.logged))
        )

    def world_of(self, base: Composed) -> World:
        world = world_of(base, self.target, self.plane.kube(self.token))
        world.inventory.lease = self.lease
        records = Records(world.cluster.kube, self.namespace, history=self.history, busy=self.helm_busy)
        return dataclasses.replace(world, registry=AnyImage(), tools=self.tools, recorded=lambda: records)

    def number(self, execution: str) -> int:
        """The release number of a pipeline execution, given now if it has none."""
        return DynamoLedger(boto3.client("dynamodb", region_name="us-east-1"), "shop-releases", "shop", "").number(
            execution
        )

    def request(
        self, files: Mapping[str, str], execution: str, attempt: str = "", token: Token | None = None, **more: Any
    ) -> Request:
        data = zipped({"release.json": release_json(), **files})
        made = uuid.uuid4().hex

        def fetch(folder: Path) -> None:
            unpack(data, folder)

        return Request(execution, attempt or made, made, fetch, token, **more)

    def release(
        self,
        files: Mapping[str, str],
        execution: str = "",
        budget: Budget = UNLIMITED,
        attempt: str = "",
        token: Token | None = None,
        **more: Any,
    ) -> Outcome:
        world = self.world()
        try:
            return deliver(world, self.request(files, execution or uuid.uuid4().hex, attempt, token, **more), budget)
        finally:
            world.cluster.kube.close()

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """A live object by its collection's path, e.g. `apis/apps/v1/deployments`."""
        from deployer.kube.errors import NotFound

        version, _, plural = kind.rpartition("/")
        try:
            return self.plane.admin.get(f"/{version}/namespaces/{self.namespace}/{plural}/{name}")
        except NotFound:
            return None

    def record(self, sort: str) -> dict[str, Any]:
        client = boto3.client("dynamodb", region_name="us-east-1")
        key = {"pk": {"S": f"shop#{self.namespace}"}, "sk": {"S": sort}}
        item = client.get_item(TableName="shop-releases", Key=key).get("Item") or {}
        return {name: next(iter(value.values())) for name, value in item.items()}


def make_ledger() -> None:
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName="shop-releases",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )


def layer_tools() -> Tools:
    """helm and kubectl of the Lambda layer, as the toolchain unpacked them."""
    cache = Path(os.environ.get("SHIPLINE_CACHE") or Path.home() / ".cache" / "shipline")
    layer = Path(os.environ.get("SHIPLINE_LAYER") or cache / "tools" / "layer")
    return Tools(str(layer / "helm" / "helm"), str(layer / "kubectl" / "kubectl"))


def names() -> Iterator[str]:
    return (f"place-{os.getpid()}-{number}" for number in itertools.count(1))
