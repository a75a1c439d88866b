"""The difference for machines: JSON's types, one entry an object, those that change nothing by number alone."""

from collections.abc import Sequence
from typing import Any

from deployer.diff.model import FieldDiff, ObjectDiff, counts
from deployer.diff.unified import shown


def document(diffs: Sequence[ObjectDiff], *, full: bool = False) -> dict[str, Any]:
    """`{counts, objects}`; with `full`, each object also as it is and as it becomes, secrets covered."""
    return {
        "counts": dict(counts(diffs)),
        "objects": [_object(diff, full) for diff in diffs if diff.action != "unchanged"],
    }


def _object(diff: ObjectDiff, full: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "group": diff.group,
        "kind": diff.kind,
        "namespace": diff.namespace,
        "name": diff.name,
        "action": diff.action,
    }
    if diff.brief:
        told["brief"] = diff.brief
    if diff.fields:
        told["fields"] = [_field(field) for field in diff.fields]
    if full:
        told |= {"before": shown(diff.before), "after": shown(diff.after)}
    return told


def _field(field: FieldDiff) -> dict[str, Any]:
    told: dict[str, Any] = {"path": field.path, "op": field.op}
    if field.old:
        told["old"] = field.old
    if field.new:
        told["new"] = field.new
    if field.lines:
        told["lines"] = list(field.lines)
    return told
