"""SHIPLINE_TARGET: where a deployer delivers, as the template wrote it into its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from deployer.errors import Fatal

DeliveryKind = Literal["manifests", "kustomize", "helm"]


@dataclass(frozen=True)
class Source:
    """One delivery: a folder (or file) of the artifact, and how it is rendered."""

    kind: DeliveryKind
    path: str  # of the manifests, the kustomization or the chart, inside the artifact
    release: str = ""  # Helm's release name
    values: tuple[str, ...] = ()


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
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Fatal(
            f"SHIPLINE_TARGET is not a target: {error!r}.",
            remedy="Deploy the stack again (`cdk deploy --all`).",
            kind="ConfigurationError",
        ) from error


def _source(item: dict[str, Any]) -> Source:
    kind = item["kind"]
    if kind not in ("manifests", "kustomize", "helm"):
        raise ValueError(f"delivery kind {kind!r}")
    path = item["chart"] if kind == "helm" else item["path"]
    return Source(cast(DeliveryKind, kind), path, item.get("release", ""), tuple(item.get("values") or ()))
