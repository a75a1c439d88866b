"""A chart's crds/: installed before everything else of the release, and from then on left alone, as Helm does.

They belong to no release: other releases have objects of theirs, so they are neither changed by a newer chart nor
deleted with it. Who wants them changed delivers them as manifests.
"""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from deployer.errors import Unavailable
from deployer.helm.chart import Chart
from deployer.kube.verbs import Cluster
from deployer.objects import Object, key_of

ESTABLISHED_WITHIN = 20.0  # seconds for a definition to be served
HELM_MANAGER = "helm"


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


def absent(cluster: Cluster, charts: Iterable[Chart]) -> list[Object]:
    """The definitions that the cluster lacks; each was tried by a dry run."""
    wanted = {str(item["metadata"]["name"]): item for chart in charts for item in chart.definitions}
    lacking = [item for item, live in zip(wanted.values(), _live(cluster, wanted.values()), strict=True) if not live]
    cluster.kube.map(lambda item: cluster.apply(item, HELM_MANAGER, dry_run=True), lacking)
    return lacking


def install(cluster: Cluster, charts: Iterable[Chart], check: Callable[[], None]) -> list[Object]:
    """Install those that are not there, and see them served; returns them."""
    lacking = absent(cluster, charts)
    for item in lacking:
        check()
        cluster.apply(item, HELM_MANAGER)
    until = time.monotonic() + ESTABLISHED_WITHIN
    for item in lacking:
        while not established(cluster.get(key_of(item)) or {}):
            if time.monotonic() > until:
                raise Unavailable("the server does not serve the definition yet.", subject=str(key_of(item)))
            time.sleep(0.1)
    if lacking:
        cluster.resources.refresh()
    return lacking


def established(definition: Object) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or []
    return any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)


def _live(cluster: Cluster, items: Iterable[Object]) -> list[Object | None]:
    return cluster.kube.map(lambda item: cluster.get(key_of(item)), items)
