"""The shape of SHIPLINE_TARGET: what one deployer function is told about the one environment that it serves."""

from collections.abc import Mapping
from typing import Any

from pipeline.config.service import (
    ChartDelivery,
    DeliveryItem,
    KustomizeDelivery,
    ManifestsDelivery,
    ScanGate,
    Service,
    Target,
)


def shape(
    service: Service,
    target: Target,
    region: str,
    ledger: str,
    images: Mapping[str, str],
    secrets: Mapping[str, str],
    role: str = "",
) -> dict[str, Any]:
    """`images` are repository URIs by image name, `secrets` ARNs by name; paths are inside the Release artifact. `role`
    is the ARN of the one that the function takes to reach the cluster, "" where its own will do."""
    return {
        "service": service.name,
        "environment": target.name,
        "namespace": target.namespace,
        "cluster": _cluster(service, target, region),
        "ledger": ledger,
        "images": dict(images),
        "deliveries": [_delivery(item) for item in target.deliveries],
        "secrets": dict(secrets),
        "wait": {"timeout": int(target.wait.total_seconds())},
        "pruneShare": target.prune_share,
        "forceConflicts": target.force_conflicts,
        "otherNamespaces": list(target.other_namespaces),
        "history": service.deployer.history,
        **({"scan": _scan(service.scan)} if service.scan else {}),
        **({"soak": int(target.soak.total_seconds()), "alarms": list(target.alarms)} if target.soak else {}),
        **({"metrics": True} if service.watch else {}),
        **({"target": target.at.name} if target.at else {}),
        **({"role": {"arn": role, "externalId": target.at.external_id}} if target.at and role else {}),
    }


def _cluster(service: Service, target: Target, region: str) -> dict[str, str]:
    if target.at is None:
        return {"name": service.cluster.name, "region": region}
    return {"name": target.at.cluster, "region": target.at.region or region}


def _scan(gate: ScanGate) -> dict[str, Any]:
    return {
        "block": gate.block,
        "unscanned": gate.unscanned,
        "exceptions": gate.exceptions or "",
        "within": int(gate.within.total_seconds()),
    }


def _delivery(item: DeliveryItem) -> dict[str, Any]:
    match item:
        case KustomizeDelivery(path):
            return {"kind": "kustomize", "path": path}
        case ManifestsDelivery(path):
            return {"kind": "manifests", "path": path}
        case ChartDelivery(chart, release, values, images):
            named = {"images": dict(images)} if images else {}
            return {"kind": "helm", "chart": chart, "release": release, "values": list(values), **named}
