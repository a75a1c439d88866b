"""What EKS says of a cluster, and of its add-ons' versions for another Kubernetes."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AddonNow:
    """`fits`: its version is for the other Kubernetes, too; None where EKS does not say. `both` is the newest version
    for either; `default` what EKS would install there."""

    version: str
    fits: bool | None = None
    both: str | None = None
    default: str | None = None


@dataclass(frozen=True)
class Live:
    version: str
    addons: dict[str, AddonNow] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)  # node group → its Kubernetes


def version(eks: Any, cluster: str) -> str:
    return str(eks.describe_cluster(name=cluster)["cluster"]["version"])


def read(eks: Any, cluster: str, now: str, to: str) -> Live:
    """Names that the cluster has, with what EKS has of each for `now` and `to`."""
    addons, groups = {}, {}
    for name in _listed(eks, "list_addons", "addons", cluster):
        found = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]["addonVersion"]
        addons[name] = _addon(found, _versions(eks, name, now), _versions(eks, name, to))
    for name in _listed(eks, "list_nodegroups", "nodegroups", cluster):
        groups[name] = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]["version"]
    return Live(now, addons, groups)


def _listed(eks: Any, operation: str, key: str, cluster: str) -> list[str]:
    pages = eks.get_paginator(operation).paginate(clusterName=cluster)
    return [str(name) for page in pages for name in page[key]]


def _versions(eks: Any, addon: str, kubernetes: str) -> dict[str, bool]:
    """Version → whether it is EKS's default, the newest first. None where it does not say, as on a local machine."""
    from botocore.exceptions import ClientError

    try:
        answer = eks.describe_addon_versions(addonName=addon, kubernetesVersion=kubernetes)
    except ClientError:
        return {}
    return {
        each["addonVersion"]: any(of.get("defaultVersion") for of in each.get("compatibilities", ()))
        for one in answer["addons"]
        for each in one["addonVersions"]
    }


def _addon(version: str, now: dict[str, bool], to: dict[str, bool]) -> AddonNow:
    if not to:
        return AddonNow(version)
    both = next((each for each in to if each in now), None)
    return AddonNow(version, version in to, both, next((each for each, default in to.items() if default), None))
