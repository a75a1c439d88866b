"""Objects that were written without server-side apply: their fields become ours, so that one removed later goes. Pure.

`kubectl apply` and Helm 3 wrote as managers of the Update kind, whose fields an apply never removes. What csaupgrade of
client-go does: the fields of those managers move into our own Apply entry, guarded by the resourceVersion.
"""

import json
from collections.abc import Iterable
from typing import Any

from deployer.desired import HELM_MANAGER
from deployer.objects import Object

# People's hands (kubectl edit, patch, scale) are not among them: what they changed is told as a conflict.
ADOPTED_FROM = frozenset({"kubectl-client-side-apply", "kubectl-create", "before-first-apply", HELM_MANAGER})


def legacy(meta: Object, manager: str, *, adopted: bool) -> frozenset[str]:
    """The managers whose fields `manager` is to take over: when an object is adopted, or Helm's own for Helm's."""
    allowed = ADOPTED_FROM if adopted else frozenset({HELM_MANAGER}) if manager == HELM_MANAGER else frozenset()
    return frozenset(str(each.get("manager")) for each in _entries(meta) if _is_update(each, allowed))


def patch(meta: Object, manager: str, version: str, managers: Iterable[str]) -> bytes:
    """The JSON patch that moves the fields, empty when there are none; `version` is the apiVersion that we apply."""
    old = frozenset(managers)
    taken = [each for each in _entries(meta) if _is_update(each, old)]
    if not taken:
        return b""
    rest = [each for each in _entries(meta) if not _is_update(each, old)]
    ours = [each for each in rest if each.get("manager") == manager and each.get("operation") == "Apply"]
    fields: dict[str, Any] = {}
    for each in [*ours, *taken]:
        fields = _union(fields, each.get("fieldsV1") or {})
    entry: dict[str, Any] = {"manager": manager, "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1"}
    entry |= {"time": max(str(each.get("time") or "") for each in [*ours, *taken]), "fieldsV1": fields}
    others = [each for each in rest if each not in ours]
    return json.dumps(
        [
            {"op": "replace", "path": "/metadata/managedFields", "value": [*others, entry]},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]},
        ]
    ).encode()


def _entries(meta: Object) -> list[dict[str, Any]]:
    return list(meta.get("managedFields") or [])


def _is_update(entry: dict[str, Any], managers: frozenset[str]) -> bool:
    return entry.get("operation") == "Update" and entry.get("manager") in managers and not entry.get("subresource")


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The union of two field sets, which are tries of nested mappings."""
    made = dict(one)
    for name, below in other.items():
        made[name] = _union(made[name], below) if name in made else below
    return made
