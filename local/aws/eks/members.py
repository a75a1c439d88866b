"""What belongs to a cluster: node groups, pod identities, tags. The node itself is the machine's."""

import secrets
import uuid

from moto.core.utils import utcnow

from local.aws.eks import access
from local.aws.eks.cluster import updated
from local.aws.eks.model import Cluster, Document, in_use, invalid, not_found
from local.aws.eks.registry import Registry


def create_nodegroup(registry: Registry, said: Document, caller: str) -> Document:
    cluster, name = registry.get(said["clusterName"]), said["nodegroupName"]
    if name in cluster.nodegroups:
        raise in_use(f"NodeGroup already exists with name {name} and cluster name {said['clusterName']}")
    identifier = uuid.uuid4()
    scaling = {"minSize": 1, "maxSize": 2, "desiredSize": 2} | (said.get("scalingConfig") or {})
    version = said.get("version") or cluster.document["version"]
    cluster.nodegroups[name] = {
        "nodegroupName": name,
        "nodegroupArn": registry.aws.arn("eks", f"nodegroup/{said['clusterName']}/{name}/{identifier}"),
        "clusterName": said["clusterName"],
        "version": version,
        "releaseVersion": said.get("releaseVersion") or f"{version}.0-20260101",
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "status": "ACTIVE",
        "capacityType": said.get("capacityType") or "ON_DEMAND",
        "scalingConfig": scaling,
        "instanceTypes": said.get("instanceTypes") or ["t3.medium"],
        "subnets": said["subnets"],
        "amiType": said.get("amiType") or "AL2023_x86_64_STANDARD",
        "nodeRole": said["nodeRole"],
        "labels": said.get("labels") or {},
        "taints": said.get("taints") or [],
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{identifier}"}]},
        "diskSize": said.get("diskSize") or 20,
        "health": {"issues": []},
        "updateConfig": said.get("updateConfig") or {"maxUnavailable": 1},
        "tags": said.get("tags") or {},
    } | {key: said[key] for key in ("launchTemplate", "remoteAccess", "nodeRepairConfig") if said.get(key)}
    if said["nodeRole"] not in cluster.entries:
        node = {"clusterName": said["clusterName"], "principalArn": said["nodeRole"], "type": "EC2_LINUX"}
        access.create(registry, node, caller)
    return {"nodegroup": cluster.nodegroups[name]}


def describe_nodegroup(registry: Registry, said: Document, caller: str) -> Document:
    return {"nodegroup": _nodegroup(registry.get(said["clusterName"]), said["nodegroupName"])}


def list_nodegroups(registry: Registry, said: Document, caller: str) -> Document:
    return {"nodegroups": list(registry.get(said["clusterName"]).nodegroups)}


def update_nodegroup(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    group = _nodegroup(cluster, said["nodegroupName"])
    group["scalingConfig"] |= said.get("scalingConfig") or {}
    group["updateConfig"] = said.get("updateConfig") or group["updateConfig"]
    labels = said.get("labels") or {}
    group["labels"] = {
        key: value
        for key, value in (group["labels"] | (labels.get("addOrUpdateLabels") or {})).items()
        if key not in (labels.get("removeLabels") or [])
    }
    group["modifiedAt"] = utcnow()
    return {"update": updated(cluster, "ConfigUpdate", said)}


def delete_nodegroup(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    group = _nodegroup(cluster, said["nodegroupName"])
    del cluster.nodegroups[said["nodegroupName"]]
    return {"nodegroup": group | {"status": "DELETING"}}


def _nodegroup(cluster: Cluster, name: str) -> Document:
    if name not in cluster.nodegroups:
        raise not_found(f"No node group found for name: {name}.")
    return cluster.nodegroups[name]


def create_identity(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    for other in cluster.identities.values():
        if (other["namespace"], other["serviceAccount"]) == (said["namespace"], said["serviceAccount"]):
            raise in_use("Association already exists for this service account")
    identifier = f"a-{secrets.token_hex(9)[:17]}"
    cluster.identities[identifier] = {
        "clusterName": said["clusterName"],
        "namespace": said["namespace"],
        "serviceAccount": said["serviceAccount"],
        "roleArn": said["roleArn"],
        "associationArn": registry.aws.arn("eks", f"podidentityassociation/{said['clusterName']}/{identifier}"),
        "associationId": identifier,
        "tags": said.get("tags") or {},
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
    } | {key: said[key] for key in ("ownerArn",) if said.get(key)}
    return {"association": cluster.identities[identifier]}


def describe_identity(registry: Registry, said: Document, caller: str) -> Document:
    return {"association": _identity(registry.get(said["clusterName"]), said["associationId"])}


def list_identities(registry: Registry, said: Document, caller: str) -> Document:
    return {"associations": list(registry.get(said["clusterName"]).identities.values())}


def update_identity(registry: Registry, said: Document, caller: str) -> Document:
    found = _identity(registry.get(said["clusterName"]), said["associationId"])
    found |= {key: said[key] for key in ("roleArn", "targetRoleArn") if said.get(key)} | {"modifiedAt": utcnow()}
    return {"association": found}


def delete_identity(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    found = _identity(cluster, said["associationId"])
    if found.get("ownerArn"):
        raise invalid(f"The association is owned by the addon {found['ownerArn']}: change it with UpdateAddon")
    del cluster.identities[said["associationId"]]
    return {"association": found}


def _identity(cluster: Cluster, identifier: str) -> Document:
    if identifier not in cluster.identities:
        raise not_found(f"No association found: {identifier}")
    return cluster.identities[identifier]


def tags(registry: Registry, said: Document, caller: str) -> Document:
    return {"tags": _tagged(registry, said["resourceArn"])["tags"]}


def tag(registry: Registry, said: Document, caller: str) -> Document:
    _tagged(registry, said["resourceArn"])["tags"].update(said["tags"])
    return {}


def untag(registry: Registry, said: Document, caller: str) -> Document:
    found = _tagged(registry, said["resourceArn"])
    found["tags"] = {key: value for key, value in found["tags"].items() if key not in said["tagKeys"]}
    return {}


def _tagged(registry: Registry, arn: str) -> Document:
    for cluster in registry.clusters.values():
        for document in (
            cluster.document,
            *cluster.nodegroups.values(),
            *cluster.fargate.values(),
            *cluster.addons.values(),
            *cluster.entries.values(),
            *cluster.identities.values(),
        ):
            if arn in (value for key, value in document.items() if key.lower().endswith("arn")):
                return document
    raise not_found(f"The specified resource could not be found: {arn}")
