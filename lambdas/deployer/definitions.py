"""Custom resource definitions: the kinds that they bring, and when the server knows them."""

import time
from collections.abc import Collection, Iterable
from typing import NamedTuple

from deployer.errors import Unavailable
from deployer.kube.verbs import Cluster
from deployer.objects import Key, Object, key_of

SERVED_WITHIN = 20.0  # seconds for a definition to be established, and its kinds to be told
PAUSE = 0.05


class Kind(NamedTuple):
    """One kind that a definition brings."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool


def kinds(items: Iterable[Object]) -> list[Kind]:
    return [
        Kind(
            str(spec.get("group")),
            str(version.get("name")),
            str((spec.get("names") or {}).get("kind")),
            str((spec.get("names") or {}).get("plural")),
            spec.get("scope") == "Namespaced",
        )
        for spec in (item.get("spec") or {} for item in items if item["kind"] == "CustomResourceDefinition")
        for version in spec.get("versions") or []
        if version.get("served")
    ]


def established(definition: Object) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or []
    return any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)


def until_served(cluster: Cluster, definitions: Collection[Object]) -> None:
    """See them established and their kinds among those that the server tells, which comes a moment later; Unavailable
    when one is not in time."""
    until = time.monotonic() + SERVED_WITHIN
    for item in definitions:
        while not established(cluster.get(key_of(item)) or {}):
            _pause(item, until)
    cluster.resources.refresh()
    for item in definitions:
        while not told(cluster, item):
            _pause(item, until)
            cluster.resources.refresh()


def told(cluster: Cluster, definition: Object) -> bool:
    """Whether all its kinds were among those that the server told when it was asked last."""
    brought = (Key(kind.group, kind.version, kind.kind, "", "") for kind in kinds([definition]))
    return all(cluster.resources.find(each) for each in brought)


def _pause(item: Object, until: float) -> None:
    if time.monotonic() > until:
        raise Unavailable("the server does not serve the definition yet.", subject=str(key_of(item)))
    time.sleep(PAUSE)
