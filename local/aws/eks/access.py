"""Access entries, and the access policies associated with them."""

import re
import uuid

from moto.core.utils import utcnow

from local.aws.eks.model import POLICIES, POLICY_ARN, Cluster, Document, in_use, invalid, not_found
from local.aws.eks.registry import Registry

PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(root|(role|user)/.+)")
NODE_TYPES = ("EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX")
ADMIN = f"{POLICY_ARN}AmazonEKSClusterAdminPolicy"


def create(registry: Registry, said: Document, caller: str) -> Document:
    name, principal = said["clusterName"], said["principalArn"]
    cluster = registry.get(name)
    if not PRINCIPAL.fullmatch(principal):
        raise invalid(f"The specified principalArn is invalid: invalid principal: {principal}")
    if principal in cluster.entries:
        raise in_use("The specified access entry resource is already in use on this cluster.")
    kind = said.get("type") or "STANDARD"
    groups = said.get("kubernetesGroups") or []
    _refuse_system(groups)
    cluster.entries[principal] = {
        "clusterName": name,
        "principalArn": principal,
        "kubernetesGroups": ["system:nodes"] if kind in NODE_TYPES else groups,
        "accessEntryArn": _arn(registry, name, principal),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": said.get("tags") or {},
        "username": said.get("username") or _username(principal, kind),
        "type": kind,
    }
    registry.changed(name)
    return {"accessEntry": cluster.entries[principal]}


def bootstrap(registry: Registry, name: str, principal: str) -> None:
    """The creator of the cluster as its administrator."""
    create(registry, {"clusterName": name, "principalArn": principal}, principal)
    scope = {"type": "cluster", "namespaces": []}
    associate(registry, _target(name, principal) | {"policyArn": ADMIN, "accessScope": scope}, principal)


def describe(registry: Registry, said: Document, caller: str) -> Document:
    return {"accessEntry": _entry(registry.get(said["clusterName"]), said["principalArn"])}


def list_all(registry: Registry, said: Document, caller: str) -> Document:
    cluster, policy = registry.get(said["clusterName"]), said.get("associatedPolicyArn")
    found = [arn for arn in cluster.entries if policy is None or policy in cluster.policies.get(arn, {})]
    return {"accessEntries": found}


def update(registry: Registry, said: Document, caller: str) -> Document:
    entry = _entry(registry.get(said["clusterName"]), said["principalArn"])
    if "kubernetesGroups" in said:
        _refuse_system(said["kubernetesGroups"])
        entry["kubernetesGroups"] = said["kubernetesGroups"]
    if said.get("username"):
        entry["username"] = said["username"]
    entry["modifiedAt"] = utcnow()
    registry.changed(said["clusterName"])
    return {"accessEntry": entry}


def delete(registry: Registry, said: Document, caller: str) -> Document:
    cluster, principal = registry.get(said["clusterName"]), said["principalArn"]
    _entry(cluster, principal)
    del cluster.entries[principal]
    cluster.policies.pop(principal, None)
    registry.changed(said["clusterName"])
    return {}


def associate(registry: Registry, said: Document, caller: str) -> Document:
    cluster, principal, policy = registry.get(said["clusterName"]), said["principalArn"], said["policyArn"]
    entry = _entry(cluster, principal)
    if entry["type"] != "STANDARD":
        raise invalid(f"Access policies cannot be associated with an access entry of type {entry['type']}")
    if policy.removeprefix(POLICY_ARN) not in POLICIES or not policy.startswith(POLICY_ARN):
        known = ", ".join(POLICIES)
        raise invalid(f"The policyArn parameter format is not valid: {policy}; the local AWS has {known}")
    scope = said["accessScope"]
    namespaces = scope.get("namespaces") or []
    if scope["type"] == "namespace" and not namespaces:
        raise invalid("The accessScope of type namespace needs at least one namespace")
    before = cluster.policies.setdefault(principal, {}).get(policy)
    association = {
        "policyArn": policy,
        "accessScope": {"type": scope["type"], "namespaces": namespaces},
        "associatedAt": before["associatedAt"] if before else utcnow(),
        "modifiedAt": utcnow(),
    }
    cluster.policies[principal][policy] = association
    registry.changed(said["clusterName"])
    return _target(said["clusterName"], principal) | {"associatedAccessPolicy": association}


def disassociate(registry: Registry, said: Document, caller: str) -> Document:
    cluster, principal, policy = registry.get(said["clusterName"]), said["principalArn"], said["policyArn"]
    _entry(cluster, principal)
    if policy not in cluster.policies.get(principal, {}):
        raise not_found("The specified policyArn could not be found on the access entry.")
    del cluster.policies[principal][policy]
    registry.changed(said["clusterName"])
    return {}


def list_associated(registry: Registry, said: Document, caller: str) -> Document:
    cluster, principal = registry.get(said["clusterName"]), said["principalArn"]
    _entry(cluster, principal)
    found = list(cluster.policies.get(principal, {}).values())
    return _target(said["clusterName"], principal) | {"associatedAccessPolicies": found}


def list_policies(registry: Registry, said: Document, caller: str) -> Document:
    return {"accessPolicies": [{"name": name, "arn": f"{POLICY_ARN}{name}"} for name in POLICIES]}


def _entry(cluster: Cluster, principal: str) -> Document:
    if principal not in cluster.entries:
        raise not_found("The specified principalArn could not be found. You can view your available access entries")
    return cluster.entries[principal]


def _target(cluster: str, principal: str) -> Document:
    return {"clusterName": cluster, "principalArn": principal}


def _refuse_system(groups: list[str]) -> None:
    reserved = ("system:", "eks:", "aws:", "amazon:", "iam:")
    if any(group.startswith(reserved) for group in groups):
        raise invalid(
            "The kubernetes group name is invalid, it cannot start with system:, eks:, aws:, amazon:, or iam:"
        )


def _arn(registry: Registry, cluster: str, principal: str) -> str:
    account, resource = principal.split(":")[4], principal.split(":")[5]
    kind, _, name = resource.partition("/")
    return registry.aws.arn("eks", f"access-entry/{cluster}/{kind}/{account}/{name or 'root'}/{uuid.uuid4()}")


def _username(principal: str, kind: str) -> str:
    """As EKS makes it up: a role's sessions are told apart, a path is left out."""
    if kind in NODE_TYPES:
        return "system:node:{{SessionName}}" if kind == "FARGATE_LINUX" else "system:node:{{EC2PrivateDNSName}}"
    account, resource = principal.split(":")[4], principal.split(":")[5]
    if resource.startswith("role/"):
        return f"arn:aws:sts::{account}:assumed-role/{resource.rpartition('/')[2]}/{{{{SessionName}}}}"
    return principal
