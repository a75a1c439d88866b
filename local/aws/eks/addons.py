"""Add-ons, with the pod identities that they own. Nothing of them runs: what an add-on says is kept, and answered."""

import json
import uuid

from moto.core.utils import utcnow

from local.aws.eks import members
from local.aws.eks.cluster import updated
from local.aws.eks.model import Cluster, Document, in_use, invalid, not_found
from local.aws.eks.registry import Registry

# Where each add-on's service accounts are, unless in kube-system.
NAMESPACES = {"amazon-cloudwatch-observability": "amazon-cloudwatch", "external-dns": "external-dns"}
UNKNOWN = "v1.0.0-eksbuild.1"  # of those that are asked for without a version


def create(registry: Registry, said: Document, caller: str) -> Document:
    cluster, name = registry.get(said["clusterName"]), said["addonName"]
    if name in cluster.addons:
        raise in_use(f"Addon already exists with name: {name}")
    _refuse_broken(said)
    addon: Document = {
        "addonName": name,
        "clusterName": said["clusterName"],
        "status": "ACTIVE",
        "addonVersion": said.get("addonVersion") or UNKNOWN,
        "health": {"issues": []},
        "addonArn": registry.aws.arn("eks", f"addon/{said['clusterName']}/{name}/{uuid.uuid4()}"),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": said.get("tags") or {},
    } | {key: said[key] for key in ("serviceAccountRoleArn", "configurationValues", "namespaceConfig") if said.get(key)}
    _associate(registry, addon, said, caller)
    cluster.addons[name] = addon
    return {"addon": addon}


def describe(registry: Registry, said: Document, caller: str) -> Document:
    return {"addon": _addon(registry.get(said["clusterName"]), said["addonName"])}


def list_all(registry: Registry, said: Document, caller: str) -> Document:
    return {"addons": list(registry.get(said["clusterName"]).addons)}


def update(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    addon = _addon(cluster, said["addonName"])
    _refuse_broken(said)
    changed = ("addonVersion", "serviceAccountRoleArn", "configurationValues")
    addon |= {key: said[key] for key in changed if said.get(key)} | {"modifiedAt": utcnow()}
    if "podIdentityAssociations" in said:
        _disown(cluster, addon)
        _associate(registry, addon, said, caller)
    return {"update": updated(cluster, "AddonUpdate", said)}


def delete(registry: Registry, said: Document, caller: str) -> Document:
    cluster = registry.get(said["clusterName"])
    addon = _addon(cluster, said["addonName"])
    _disown(cluster, addon)
    del cluster.addons[said["addonName"]]
    return {"addon": addon | {"status": "DELETING"}}


def _associate(registry: Registry, addon: Document, said: Document, caller: str) -> None:
    """EKS takes all that are named, in place of those that were."""
    arns = []
    for each in said.get("podIdentityAssociations") or []:
        wanted = {
            "clusterName": addon["clusterName"],
            "namespace": NAMESPACES.get(addon["addonName"], "kube-system"),
            "serviceAccount": each["serviceAccount"],
            "roleArn": each["roleArn"],
            "ownerArn": addon["addonArn"],
        }
        arns.append(members.create_identity(registry, wanted, caller)["association"]["associationArn"])
    addon["podIdentityAssociations"] = arns


def _disown(cluster: Cluster, addon: Document) -> None:
    owned = [key for key, each in cluster.identities.items() if each.get("ownerArn") == addon["addonArn"]]
    for key in owned:
        del cluster.identities[key]


def _refuse_broken(said: Document) -> None:
    """Whether it fits the add-on's own schema, EKS alone knows."""
    try:
        json.loads(said.get("configurationValues") or "{}")
    except ValueError as error:
        raise invalid(f"ConfigurationValue is not in a valid JSON format: {error}") from None


def _addon(cluster: Cluster, name: str) -> Document:
    if name not in cluster.addons:
        raise not_found(f"No addon: {name} found in cluster: {cluster.document['name']}")
    return cluster.addons[name]
