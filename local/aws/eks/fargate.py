"""Fargate profiles: recorded. Pods that they would take run on the machine's node, as all others do."""

import uuid

from moto.core.utils import utcnow

from local.aws.eks import access
from local.aws.eks.model import Cluster, Document, in_use, invalid, not_found
from local.aws.eks.registry import Registry

LARGEST = 5  # selectors of a profile


def create(registry: Registry, said: Document, caller: str) -> Document:
    cluster, name = registry.get(said["clusterName"]), said["fargateProfileName"]
    if name in cluster.fargate:
        raise in_use(f"A Fargate Profile already exists with this name in cluster {said['clusterName']}.")
    selectors = said.get("selectors") or []
    if not 1 <= len(selectors) <= LARGEST:
        raise invalid(f"Fargate Profile has {len(selectors)} selectors, and needs 1 to {LARGEST}.")
    cluster.fargate[name] = {
        "fargateProfileName": name,
        "fargateProfileArn": registry.aws.arn("eks", f"fargateprofile/{said['clusterName']}/{name}/{uuid.uuid4()}"),
        "clusterName": said["clusterName"],
        "createdAt": utcnow(),
        "podExecutionRoleArn": said["podExecutionRoleArn"],
        "subnets": said.get("subnets") or [],
        "selectors": selectors,
        "status": "ACTIVE",
        "tags": said.get("tags") or {},
    }
    if said["podExecutionRoleArn"] not in cluster.entries:
        machine = {
            "clusterName": said["clusterName"],
            "principalArn": said["podExecutionRoleArn"],
            "type": "FARGATE_LINUX",
        }
        access.create(registry, machine, caller)
    return {"fargateProfile": cluster.fargate[name]}


def describe(registry: Registry, said: Document, caller: str) -> Document:
    return {"fargateProfile": _profile(registry.get(said["clusterName"]), said["fargateProfileName"])}


def list_all(registry: Registry, said: Document, caller: str) -> Document:
    return {"fargateProfileNames": list(registry.get(said["clusterName"]).fargate)}


def delete(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    found = _profile(cluster, said["fargateProfileName"])
    del cluster.fargate[said["fargateProfileName"]]
    return {"fargateProfile": found | {"status": "DELETING"}}


def _profile(cluster: Cluster, name: str) -> Document:
    if name not in cluster.fargate:
        raise not_found(f"No Fargate Profile found with name: {name}.")
    return cluster.fargate[name]
