"""What an object that is created is, in one line: its kind's main fields, from the covered object."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deployer.diff.cover import Covered
from deployer.diff.images import short
from deployer.objects import Object

Tags = Mapping[str, str]
MOST_NAMES = 8


def brief(item: Object, tags: Tags) -> str:
    told = _KINDS.get(str(item.get("kind")), _any)(item, tags)
    return "; ".join(part for part in told if part)


def _workload(item: Object, tags: Tags) -> Iterator[str]:
    spec = item.get("spec") or {}
    if "replicas" in spec:
        yield f"{spec['replicas']} replicas"
    if "schedule" in spec:
        yield f"schedule {spec['schedule']}"
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = ((spec.get("template") or {}).get("spec") or {}) if "template" in spec else spec
    images = [str(c.get("image", "")) for c in pod.get("containers") or [] if isinstance(c, dict)]
    yield ", ".join(short(image, tags) for image in images)


def _service(item: Object, _: Tags) -> Iterator[str]:
    spec = item.get("spec") or {}
    yield str(spec.get("type") or "ClusterIP")
    ports = [f"{port.get('port')}/{port.get('protocol') or 'TCP'}" for port in spec.get("ports") or []]
    yield f"ports {', '.join(ports)}" if ports else ""


def _keys(item: Object, _: Tags) -> Iterator[str]:
    found = {**(item.get("data") or {}), **(item.get("binaryData") or {}), **(item.get("stringData") or {})}
    names = [f"{key} ({each.size} bytes)" if isinstance(each, Covered) else str(key) for key, each in found.items()]
    yield f"keys {_several(names)}" if names else "no keys"


def _ingress(item: Object, _: Tags) -> Iterator[str]:
    hosts = [str(rule.get("host") or "*") for rule in (item.get("spec") or {}).get("rules") or []]
    yield f"hosts {_several(hosts)}" if hosts else ""


def _role(item: Object, _: Tags) -> Iterator[str]:
    for rule in (item.get("rules") or [])[:3]:
        yield f"{','.join(rule.get('verbs') or [])} {','.join(rule.get('resources') or [])}"


def _binding(item: Object, _: Tags) -> Iterator[str]:
    role = item.get("roleRef") or {}
    yield f"{role.get('kind')} {role.get('name')}"
    yield "to " + _several([f"{who.get('kind')} {who.get('name')}" for who in item.get("subjects") or []])


def _any(item: Object, _: Tags) -> Iterator[str]:
    fields = [name for name in item.get("spec") or {} if isinstance(name, str)]
    yield f"spec {_several(fields)}" if fields else ""


def _several(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


_KINDS: Mapping[str, Callable[[Object, Any], Iterator[str]]] = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"), _workload),
    **dict.fromkeys(("ConfigMap", "Secret"), _keys),
    **dict.fromkeys(("Role", "ClusterRole"), _role),
    **dict.fromkeys(("RoleBinding", "ClusterRoleBinding"), _binding),
    "Service": _service,
    "Ingress": _ingress,
}
