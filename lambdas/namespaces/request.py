"""What CloudFormation asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PodSecurity:
    level: str  # restricted, baseline, privileged
    version: str  # v1.36, latest


@dataclass(frozen=True)
class Namespace:
    name: str
    environment: str
    pod_security: PodSecurity | None = None
    quota: Mapping[str, str] = field(default_factory=dict)  # cpu, memory, pods
    isolate: bool = False


@dataclass(frozen=True)
class Reader:
    """A deployer whose group may do something with one kind: read one object of it, or change all of a namespace."""

    group: str
    environment: str
    namespace: str  # of the object
    api_group: str
    resource: str  # the plural
    object: str = ""  # all of them
    verbs: tuple[str, ...] = ("get",)


@dataclass(frozen=True)
class StorageClass:
    name: str
    provisioner: str
    parameters: Mapping[str, str]
    default: bool = False  # of claims that name none
    waits: bool = False  # a volume is made when a pod wants it
    grows: bool = False


@dataclass(frozen=True)
class Wanted:
    """The resource's properties: the cluster, the service, its namespaces, whether the cluster has to be told to
    enforce network policies, who reads what, and its StorageClasses."""

    cluster: str
    service: str
    namespaces: tuple[Namespace, ...]
    network_policy_controller: bool = False
    readers: tuple[Reader, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()


def wanted(properties: Mapping[str, Any]) -> Wanted:
    """KeyError when the template lacks a property."""
    return Wanted(
        cluster=properties["ClusterName"],
        service=properties["Service"],
        namespaces=tuple(_namespace(item) for item in properties["Namespaces"]),
        network_policy_controller=properties.get("NetworkPolicyController") == "true",
        readers=tuple(_reader(item) for item in properties.get("Readers") or ()),
        storage_classes=tuple(_storage_class(item) for item in properties.get("StorageClasses") or ()),
    )


def _storage_class(item: Mapping[str, Any]) -> StorageClass:
    said = {key: item.get(key) == "true" for key in ("Default", "WaitForPod", "Grows")}
    return StorageClass(
        item["Name"], item["Provisioner"], item["Parameters"], said["Default"], said["WaitForPod"], said["Grows"]
    )


def _reader(item: Mapping[str, Any]) -> Reader:
    return Reader(
        group=item["Group"],
        environment=item["Environment"],
        namespace=item["Namespace"],
        api_group=item["ApiGroup"],
        resource=item["Resource"],
        object=item.get("Object") or "",
        verbs=tuple(item.get("Verbs") or ("get",)),
    )


def _namespace(item: Mapping[str, Any]) -> Namespace:
    level = item.get("PodSecurity")
    return Namespace(
        item["Name"],
        item["Environment"],
        PodSecurity(level["Level"], level["Version"]) if level else None,
        item.get("Quota") or {},
        item.get("Isolate") == "true",
    )
