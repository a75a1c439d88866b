"""SHIPLINE_TARGET: where a deployer delivers, as the template wrote it into its environment."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from deployer.canary.model import Progressive, read_progressive
from deployer.errors import Fatal
from deployer.gates.freeze import Freeze
from deployer.gates.scan import SEVERITIES, Policy
from deployer.gitops.place import Place, read_place
from deployer.values import dataclass, field

DeliveryKind = Literal["manifests", "kustomize", "helm"]


@dataclass(frozen=True)
class Source:
    """One delivery: a folder (or file) of the artifact, and how it is rendered."""

    kind: DeliveryKind
    path: str  # of the manifests, the kustomization or the chart, inside the artifact
    release: str = ""  # Helm's release name
    values: tuple[str, ...] = ()
    images: tuple[tuple[str, str], ...] = ()  # where the values name an image: path, name
    pushed: str = ""  # the repository that the build pushes the chart to: what is released comes from there


@dataclass(frozen=True)
class Sign:
    """Whose signature images and provenance have to carry, and which source and build project it has to name."""

    key: str  # ARN
    source: str
    builder: str


@dataclass(frozen=True)
class HarborPlace:
    """Where the images are when they are not in ECR; `pull` is the secret with the robot that pulls, `secret` the
    Kubernetes Secret that it is put into."""

    host: str
    project: str
    pull: str
    secret: str


@dataclass(frozen=True)
class Role:
    """One that has to be taken to reach the cluster."""

    arn: str
    external_id: str


@dataclass(frozen=True)
class Target:
    service: str
    environment: str
    namespace: str
    cluster: str
    region: str
    ledger: str
    images: Mapping[str, str]  # name -> repository with its registry host
    deliveries: tuple[Source, ...]
    secrets: Mapping[str, str] = field(default_factory=dict)  # name in the namespace -> where it is kept (see vault)
    patience: float = 600.0  # seconds that objects have to become healthy
    prune_share: float = 0.5  # of the objects that are there: what one release may delete
    force_conflicts: bool = False  # take over fields that others own
    other_namespaces: tuple[str, ...] = ()  # which the release may put objects into besides its own
    history: int = 10  # revisions that a Helm release keeps; 0 keeps all
    metrics: bool = False  # tell CloudWatch what became of each release
    scan: Policy | None = None  # what the images' scans have to show; None asks nothing
    sign: Sign | None = None  # whose signature a release has to carry; None asks for none
    soak: float = 0.0  # seconds that a healthy release is watched before it counts as passed
    alarms: tuple[str, ...] = ()  # CloudWatch's, by name, that have to stay quiet meanwhile
    progressive: Progressive | None = None  # how traffic goes over to a new version; None: with its pods
    freeze: tuple[Freeze, ...] = ()  # times in which nothing new is released
    gitops: Place | None = None  # where a release is committed to; None: it is applied from here
    sbom: bool = False  # each image has to have its software bill of materials in the artifact
    keep: bool = False  # mark in ECR which images the environment needs
    harbor: HarborPlace | None = None  # None: the images are in ECR
    name: str = ""  # of several targets of the environment: which
    role: Role | None = None  # None: the function's own reaches the cluster
    restart: tuple[str, ...] = ()  # secrets whose sources are followed: a new value restarts what uses it
    also: Mapping[str, str] = field(default_factory=dict)  # repository paths that stand for an image's own -> its name

    @property
    def label(self) -> str:
        """Where it delivers, for people and in metrics."""
        return f"{self.environment}/{self.name}" if self.name else self.environment

    @property
    def watched(self) -> tuple[str, ...]:
        """The alarms that something asks for."""
        return (*self.alarms, *(self.progressive.alarms if self.progressive else ()))

    @property
    def registries(self) -> frozenset[str]:
        """Where charts may come from: the registry that the images are in."""
        return frozenset(repository.partition("/")[0] for repository in self.images.values())

    @property
    def charts(self) -> Mapping[str, str]:
        """The repositories of the charts that the build pushes, by name."""
        pushed = [source.pushed for source in self.deliveries if source.pushed]
        return {repository.rpartition("/")[2]: repository for repository in pushed}


def read_target(text: str) -> Target:
    """The target; Fatal when the template that wrote it and this code do not belong together."""
    try:
        data = json.loads(text)
        return Target(
            service=data["service"],
            environment=data["environment"],
            namespace=data["namespace"],
            cluster=data["cluster"]["name"],
            region=data["cluster"]["region"],
            ledger=data["ledger"],
            images=dict(data.get("images") or {}),
            deliveries=tuple(_source(item) for item in data["deliveries"]),
            secrets=dict(data.get("secrets") or {}),
            patience=float((data.get("wait") or {}).get("timeout", 600)),
            prune_share=float(data.get("pruneShare", 0.5)),
            force_conflicts=data.get("forceConflicts", False) is True,
            other_namespaces=tuple(data.get("otherNamespaces") or ()),
            history=int(data.get("history", 10)),
            metrics=data.get("metrics", False) is True,
            scan=_policy(data["scan"]) if data.get("scan") else None,
            sign=_sign(data["sign"]) if "sign" in data else None,
            soak=float(data.get("soak", 0)),
            alarms=tuple(data.get("alarms") or ()),
            progressive=read_progressive(data["rollout"]) if data.get("rollout") else None,
            freeze=tuple(map(_freeze, data.get("freeze") or ())),
            gitops=read_place(data["gitops"]) if data.get("gitops") else None,
            sbom=data.get("sbom", False) is True,
            keep=data.get("keep", False) is True,
            harbor=HarborPlace(**data["harbor"]) if data.get("harbor") else None,
            name=str(data.get("target") or ""),
            role=Role(data["role"]["arn"], data["role"]["externalId"]) if data.get("role") else None,
            restart=tuple(data.get("restart") or ()),
            also=dict(data.get("also") or {}),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Fatal(
            f"SHIPLINE_TARGET is not a target: {error!r}.",
            remedy="Deploy the stack again (`cdk deploy --all`).",
            kind="ConfigurationError",
        ) from error


def _policy(item: dict[str, Any]) -> Policy:
    severity, unscanned = item["block"], item["unscanned"]
    if severity not in SEVERITIES or unscanned not in ("block", "allow"):
        raise ValueError(f"scan {item!r}")
    exceptions, indexes = str(item.get("exceptions") or ""), tuple(item.get("indexes") or ())
    return Policy(severity, unscanned, exceptions, float(item["within"]), indexes)


def _freeze(item: dict[str, str]) -> Freeze:
    begins, ends = (dt.datetime.fromisoformat(item[key]) for key in ("from", "until"))
    return Freeze(begins, ends, item["reason"])


def _sign(item: dict[str, Any]) -> Sign:
    found = Sign(item["key"], item["source"], item["builder"])
    if not (found.key and found.source and found.builder):
        raise ValueError(f"sign {item!r}")
    return found


def _source(item: dict[str, Any]) -> Source:
    kind = item["kind"]
    if kind not in ("manifests", "kustomize", "helm"):
        raise ValueError(f"delivery kind {kind!r}")
    path = item["chart"] if kind == "helm" else item["path"]
    images = tuple((item.get("images") or {}).items())
    values, pushed = tuple(item.get("values") or ()), str(item.get("pushed") or "")
    return Source(cast(DeliveryKind, kind), path, item.get("release", ""), values, images, pushed)
