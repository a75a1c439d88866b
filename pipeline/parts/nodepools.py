"""Karpenter's NodePools and EC2NodeClasses (karpenter.sh/v1), as `kubectl apply` takes them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.config.cluster.networkplan import NetworkPlan
from pipeline.config.cluster.scaling.plan import PoolPlan
from pipeline.parts.nodes import BOTTLEROCKET_DATA, ROOT

CATEGORIES, BEFORE = ("c", "m", "r"), "5"  # what is taken when nothing is named: later than the fifth generation
WITH_PREFIXES = 110  # pods: as many as EKS lets fit on a managed node of fewer than 30 vCPUs


def manifests(pool: PoolPlan, profile: str, subnets: Sequence[str], group: str, network: NetworkPlan) -> str:
    """JSON, one object after the other; `profile`, `subnets` and `group` are names and ids."""
    objects = (_class(pool, profile, subnets, group, network), _pool(pool))
    return "\n".join(json.dumps(each, separators=(",", ":")) for each in objects)


def _class(pool: PoolPlan, profile: str, subnets: Sequence[str], group: str, network: NetworkPlan) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "instanceProfile": profile,
        "amiSelectorTerms": [{"alias": f"{pool.image}@latest"}],
        "subnetSelectorTerms": [{"id": subnet} for subnet in subnets],
        "securityGroupSelectorTerms": [{"id": group}],
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": _disks(pool),
    }
    if network.prefix:
        spec["kubelet"] = {"maxPods": WITH_PREFIXES}
    return {"apiVersion": "karpenter.k8s.aws/v1", "kind": "EC2NodeClass", **_named(pool), "spec": spec}


def _pool(pool: PoolPlan) -> dict[str, Any]:
    limits = {"cpu": pool.cpus, **({"memory": pool.memory} if pool.memory else {})}
    spec: dict[str, Any] = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": pool.name},
        "requirements": _requirements(pool),
        "expireAfter": f"{int(pool.expire.total_seconds()) // 60}m",
    }
    if pool.taints:
        spec["taints"] = [{"key": each.key, "value": each.value, "effect": each.effect} for each in pool.taints]
    template = {**({"metadata": {"labels": dict(pool.labels)}} if pool.labels else {}), "spec": spec}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        **_named(pool),
        "spec": {
            "template": template,
            "limits": limits,
            "disruption": {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "1m"},
        },
    }


def _named(pool: PoolPlan) -> dict[str, Any]:
    return {"metadata": {"name": pool.name}}


def _requirements(pool: PoolPlan) -> list[Mapping[str, Any]]:
    capacity = ("spot", "on-demand") if pool.spot else ("on-demand",)
    found = [
        _among("kubernetes.io/os", ("linux",)),
        _among("kubernetes.io/arch", (pool.architecture,)),
        _among("karpenter.sh/capacity-type", capacity),
    ]
    if pool.types:
        return [*found, _among("node.kubernetes.io/instance-type", pool.types)]
    if pool.families:
        return [*found, _among("karpenter.k8s.aws/instance-family", pool.families)]
    later = {"key": "karpenter.k8s.aws/instance-generation", "operator": "Gt", "values": [BEFORE]}
    return [*found, _among("karpenter.k8s.aws/instance-category", CATEGORIES), later]


def _among(key: str, values: Sequence[str]) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _disks(pool: PoolPlan) -> list[dict[str, Any]]:
    """Bottlerocket keeps its own system on the first disk, and all else on the second."""
    if pool.image == "bottlerocket":
        return [_disk(ROOT, 4), _disk(BOTTLEROCKET_DATA, pool.disk)]
    return [_disk(ROOT, pool.disk)]


def _disk(device: str, size: int) -> dict[str, Any]:
    ebs = {"volumeSize": f"{size}Gi", "volumeType": "gp3", "encrypted": True, "deleteOnTermination": True}
    return {"deviceName": device, "ebs": ebs}
