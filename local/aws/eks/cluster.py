"""Clusters, their configuration and its updates."""

import uuid
from typing import Any

from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from local.aws.eks import access
from local.aws.eks.model import Cluster, Document, in_use, invalid, not_found
from local.aws.eks.registry import Registry

VERSION = "1.36"
NETWORK = {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"}
AUTO_MODE = ("computeConfig", "storageConfig")
LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]


def create(registry: Registry, said: Document, caller: str) -> Document:
    """`caller` is the IAM principal that becomes an administrator, unless the access configuration says otherwise."""
    name = said["name"]
    if name in registry.clusters:
        raise in_use(f"Cluster already exists with name: {name}")
    configured = said.get("accessConfig") or {}
    mode = configured.get("authenticationMode", "API_AND_CONFIG_MAP")
    if mode == "CONFIG_MAP":
        raise invalid("the local AWS does not have clusters whose access is a ConfigMap; set authenticationMode to API")
    admin = configured.get("bootstrapClusterCreatorAdminPermissions", True)
    document: Document = {
        "name": name,
        "arn": registry.aws.arn("eks", f"cluster/{name}"),
        "createdAt": utcnow(),
        "version": said.get("version", VERSION),
        "roleArn": said["roleArn"],
        "resourcesVpcConfig": _network(said["resourcesVpcConfig"]),
        "kubernetesNetworkConfig": NETWORK | (said.get("kubernetesNetworkConfig") or {}),
        "logging": _logging(said.get("logging") or {}),
        "identity": {"oidc": {"issuer": f"https://oidc.eks.{registry.aws.region}.amazonaws.com/id/{_oidc(name)}"}},
        "status": "ACTIVE",
        "platformVersion": "eks.1",
        "tags": said.get("tags") or {},
        "encryptionConfig": said.get("encryptionConfig") or [],
        "accessConfig": {"authenticationMode": mode},
        "upgradePolicy": said.get("upgradePolicy") or {"supportType": "EXTENDED"},
        "zonalShiftConfig": said.get("zonalShiftConfig") or {"enabled": False},
        "deletionProtection": bool(said.get("deletionProtection")),
        "health": {"issues": []},
    } | {key: said[key] for key in AUTO_MODE if key in said}
    cluster = Cluster(document, admin)
    _join_network(registry, cluster)
    registry.clusters[name] = cluster
    if admin:
        access.bootstrap(registry, name, caller)
    registry.changed(name)
    return {"cluster": registry.shown(cluster)}


def describe(registry: Registry, said: Document, caller: str) -> Document:
    return {"cluster": registry.shown(registry.get(said["name"]))}


def list_all(registry: Registry, said: Document, caller: str) -> Document:
    return {"clusters": sorted(registry.clusters)}


def delete(registry: Registry, said: Document, caller: str) -> Document:
    name = said["name"]
    cluster = registry.get(name)
    if cluster.nodegroups:
        raise in_use("Cluster has nodegroups attached")
    if cluster.fargate:
        raise in_use("Cluster has fargate profiles attached")
    if cluster.document["deletionProtection"]:
        raise invalid(f"Cluster {name} has deletion protection enabled")
    del registry.clusters[name]
    if cluster.security_group:
        _leave_network(registry, cluster.security_group)
    registry.changed(name)
    return {"cluster": registry.shown(cluster) | {"status": "DELETING"}}


def update_config(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["name"])
    document = cluster.document
    if "logging" in said:
        document["logging"] = _logging(said["logging"])
    if "resourcesVpcConfig" in said:
        document["resourcesVpcConfig"] |= said["resourcesVpcConfig"]
    for key in ("accessConfig", "upgradePolicy", "zonalShiftConfig", "kubernetesNetworkConfig", *AUTO_MODE):
        if key in said:
            document[key] = document.get(key, {}) | said[key]
    if "deletionProtection" in said:
        document["deletionProtection"] = bool(said["deletionProtection"])
    return {"update": updated(cluster, "ConfigUpdate", said)}


def update_version(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["name"])
    cluster.document["version"] = said["version"]
    return {"update": updated(cluster, "VersionUpdate", said)}


def describe_update(registry: Registry, said: Document, caller: str) -> Document:
    found = registry.get(said["name"]).updates.get(said["updateId"])
    if found is None:
        raise not_found(f"No update found for ID: {said['updateId']}")
    return {"update": found}


def list_updates(registry: Registry, said: Document, caller: str) -> Document:
    return {"updateIds": list(registry.get(said["name"]).updates)}


def updated(cluster: Cluster, kind: str, said: Document) -> Document:
    """The record of an update, which is done by the time that anybody reads it."""
    update: Document = {
        "id": str(uuid.uuid4()),
        "status": "Successful",
        "type": kind,
        "params": [{"type": key, "value": str(value)} for key, value in said.items() if key == "version"],
        "createdAt": utcnow(),
        "errors": [],
    }
    cluster.updates[update["id"]] = update
    return update


def _oidc(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_DNS, name).hex.upper()


def _network(said: Document) -> Document:
    return {
        "subnetIds": said.get("subnetIds", []),
        "securityGroupIds": said.get("securityGroupIds", []),
        "endpointPublicAccess": said.get("endpointPublicAccess", True),
        "endpointPrivateAccess": said.get("endpointPrivateAccess", False),
        "publicAccessCidrs": said.get("publicAccessCidrs", ["0.0.0.0/0"]),
    }


def _logging(said: Document) -> Document:
    groups = [each for each in said.get("clusterLogging", []) if each.get("types")]
    enabled = {kind for each in groups if each.get("enabled") for kind in each["types"]}
    disabled = [kind for kind in LOG_TYPES if kind not in enabled]
    shown = [{"types": [kind for kind in LOG_TYPES if kind in enabled], "enabled": True}] if enabled else []
    return {"clusterLogging": [*shown, *([{"types": disabled, "enabled": False}] if disabled else [])]}


def _join_network(registry: Registry, cluster: Cluster) -> None:
    """The VPC of the subnets, and the cluster's own security group in it."""
    config = cluster.document["resourcesVpcConfig"]
    if not config["subnetIds"]:
        raise invalid("Subnets cannot be empty")
    ec2: Any = registry.aws.client("ec2")
    try:
        config["vpcId"] = ec2.describe_subnets(SubnetIds=config["subnetIds"])["Subnets"][0]["VpcId"]
    except ClientError as error:
        raise invalid(str(error.response["Error"]["Message"])) from None
    name = f"eks-cluster-sg-{cluster.document['name']}-{uuid.uuid4().int % 10**9}"
    cluster.security_group = ec2.create_security_group(
        GroupName=name, Description="EKS created security group", VpcId=config["vpcId"]
    )["GroupId"]
    config["clusterSecurityGroupId"] = cluster.security_group


def _leave_network(registry: Registry, group: str) -> None:
    try:
        registry.aws.client("ec2").delete_security_group(GroupId=group)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidGroup.NotFound", "DependencyViolation"):
            raise
