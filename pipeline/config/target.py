"""The shape of SHIPLINE_TARGET: what one deployer function is told about the one environment that it serves."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pipeline.config.freeze import FrozenTime
from pipeline.config.registry.plan import PULL_SECRET, HarborPlan
from pipeline.config.rollout.plan import RolloutPlan
from pipeline.config.service import (
    ChartDelivery,
    DeliveryItem,
    ImageSource,
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
    charts: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`images` are repository URIs by image name, `secrets` ARNs of the generated ones by name; paths are inside the
    Release artifact. `role` is the ARN of the one that the function takes to reach the cluster, "" where its own will
    do. `charts` are the repositories of pushed charts by name; whoever is told of none takes those of the artifact."""
    return {
        "service": service.name,
        "environment": target.name,
        "namespace": target.namespace,
        "cluster": _cluster(service, target, region),
        "ledger": ledger,
        "images": dict(images),
        "deliveries": [_delivery(item, charts or {}) for item in target.deliveries],
        "secrets": {**secrets, **{secret.name: secret.reference for secret in target.secrets}},
        **_restarting(target),
        "wait": {"timeout": int(target.wait.total_seconds())},
        "pruneShare": target.prune_share,
        "forceConflicts": target.force_conflicts,
        "otherNamespaces": list(target.other_namespaces),
        "history": service.deployer.history,
        **({"scan": _scan(service.scan, service.images)} if service.scan else {}),
        **({"soak": int(target.soak.total_seconds()), "alarms": list(target.alarms)} if target.soak else {}),
        **({"rollout": _rollout(target.rollout)} if target.rollout else {}),
        **({"freeze": [_freeze(each) for each in target.freeze]} if target.freeze else {}),
        **({"metrics": True} if service.watch else {}),
        **({"gitops": asdict(target.gitops)} if target.gitops else {}),
        **({"sbom": True} if service.sbom else {}),
        **({"keep": True} if service.registry.keep else {}),
        **({"harbor": _harbor(service.name, service.registry.harbor)} if service.registry.harbor else {}),
        **({"target": target.at.name} if target.at else {}),
        **({"role": {"arn": role, "externalId": target.at.external_id}} if target.at and role else {}),
    }


def _restarting(target: Target) -> dict[str, list[str]]:
    names = [secret.name for secret in target.secrets if secret.restart]
    return {"restart": names} if names else {}


def _rollout(plan: RolloutPlan) -> dict[str, Any]:
    told = {"route": plan.route, "service": plan.service, "steps": list(plan.steps)}
    return {**told, "pause": int(plan.pause.total_seconds()), "alarms": list(plan.alarms)}


def _cluster(service: Service, target: Target, region: str) -> dict[str, str]:
    if target.at is None:
        return {"name": service.cluster.name, "region": region}
    return {"name": target.at.cluster, "region": target.at.region or region}


def _harbor(service: str, harbor: HarborPlan) -> dict[str, Any]:
    """`pull` is the secret with the robot's name and password, `secret` the Kubernetes Secret that pods name."""
    place = {"host": harbor.host, "project": harbor.project}
    return {**place, "pull": harbor.pull, "secret": PULL_SECRET.format(service=service)}


def _scan(gate: ScanGate, images: Iterable[ImageSource]) -> dict[str, Any]:
    indexes = [image.name for image in images if len(image.platforms) > 1]
    return {
        "block": gate.block,
        "unscanned": gate.unscanned,
        "exceptions": gate.exceptions or "",
        "within": int(gate.within.total_seconds()),
        **({"indexes": indexes} if indexes else {}),
    }


def _freeze(time: FrozenTime) -> dict[str, str]:
    return {"from": time.begins.isoformat(), "until": time.ends.isoformat(), "reason": time.reason}


def _delivery(item: DeliveryItem, charts: Mapping[str, str]) -> dict[str, Any]:
    match item:
        case KustomizeDelivery(path):
            return {"kind": "kustomize", "path": path}
        case ManifestsDelivery(path):
            return {"kind": "manifests", "path": path}
        case ChartDelivery(chart, release, values, images):
            named: dict[str, Any] = {"images": dict(images)} if images else {}
            if item.pushed and item.name in charts:
                named["pushed"] = charts[item.name]
            return {"kind": "helm", "chart": chart, "release": release, "values": list(values), **named}
