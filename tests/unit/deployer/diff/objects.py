"""Objects as the API gives them, for tests of their differences."""

import base64
from typing import Any

from deployer.desired import Item
from deployer.inventory import Member
from deployer.plan import Plan, Step


def deployment(image: str = "h.example/shop/web:1", replicas: int = 1, **container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "ns",
            "uid": "u",
            "resourceVersion": "7",
            "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "x"}],
        },
        "spec": {
            "replicas": replicas,
            "template": {"spec": {"containers": [{"name": "web", "image": image} | container]}},
        },
        "status": {"replicas": replicas},
    }


def secret(**data: str) -> dict[str, Any]:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "ns"}, "data": encoded}


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"}, "data": data}


def changed(before: dict[str, Any], after: dict[str, Any]) -> Step:
    return Step(Item(after, "shipline"), "configured", "u", False, before, after)


def created(item: dict[str, Any]) -> Step:
    return Step(Item(item, "shipline"), "created", "", False, None, item)


def unchanged(item: dict[str, Any]) -> Step:
    return Step(Item(item, "shipline"), "unchanged", "u", False)


def plan(*steps: Step, deleted: str = "", kept: str = "") -> Plan:
    leaving = [(Member("", "v1", "ConfigMap", "ns", name), "deleted") for name in deleted.split()]
    leaving += [(Member("", "v1", "PersistentVolumeClaim", "ns", name), "skipped") for name in kept.split()]
    return Plan(tuple(steps), tuple(leaving))  # type: ignore[arg-type]  # the words are those of Action
