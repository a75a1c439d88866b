"""SHIPLINE_TARGET: where a deployer delivers, as the template wrote it into its environment."""

import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from deployer.errors import Fatal
from deployer.gates.scan import SEVERITIES, Policy
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
    secrets: Mapping[str, str] = field(default_factory=dict)  # name in the namespace -> Secrets Manager ARN
    patience: float = 600.0  # seconds that objects have to become healthy
    prune_share: float = 0.5  # of the objects that are there: what one release may delete
    force_conflicts: bool = False  # take over fields that others own
    other_namespaces: tuple[str, ...] = ()  # which the release may put objects into besides its own
    history: int = 10  # revisions that a Helm release keeps; 0 keeps all
    metrics: bool = False  # tell CloudWatch what became of each release
    scan: Policy | None = None  # what the images' scans have to show; None asks nothing
    soak: float = 0.0  # seconds that a healthy release is watched before it counts as passed
    alarms: tuple[str, ...] = ()  # CloudWatch's, by name, that have to stay quiet meanwhile
    also: Mapping[str, str] = field(default_factory=dict)  # repository paths that stand for an image's own -> its name

    @property
    def registries(self) -> frozenset[str]:
        """Where charts may come from: the registry that the images are in."""
        return frozenset(repository.partition("/")[0] for repository in self.images.values())


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
            soak=float(data.get("soak", 0)),
            alarms=tuple(data.get("alarms") or ()),
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
    return Policy(severity, unscanned, str(item.get("exceptions") or ""), float(item["within"]))


def _source(item: dict[str, Any]) -> Source:
    kind = item["kind"]
    if kind not in ("manifests", "kustomize", "helm"):
        raise ValueError(f"delivery kind {kind!r}")
    path = item["chart"] if kind == "helm" else item["path"]
    images = tuple((item.get("images") or {}).items())
    return Source(cast(DeliveryKind, kind), path, item.get("release", ""), tuple(item.get("values") or ()), images)
