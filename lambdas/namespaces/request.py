"""What CloudFormation asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Namespace:
    name: str
    environment: str


@dataclass(frozen=True)
class Wanted:
    """The resource's properties: the cluster, the service, and its namespaces."""

    cluster: str
    service: str
    namespaces: tuple[Namespace, ...]


def wanted(properties: Mapping[str, Any]) -> Wanted:
    """KeyError when the template lacks a property."""
    return Wanted(
        cluster=properties["ClusterName"],
        service=properties["Service"],
        namespaces=tuple(Namespace(item["Name"], item["Environment"]) for item in properties["Namespaces"]),
    )
