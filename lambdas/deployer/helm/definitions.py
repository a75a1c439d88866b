"""A chart's crds/: installed before everything else of the release, and from then on left alone, as Helm does.

They belong to no release: other releases have objects of theirs, so they are neither changed by a newer chart nor
deleted with it. Who wants them changed delivers them as manifests.
"""

from collections.abc import Callable, Iterable

from deployer.definitions import until_served
from deployer.helm.chart import Chart
from deployer.kube.verbs import Cluster
from deployer.objects import Object, key_of

HELM_MANAGER = "helm"


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
    if lacking:
        until_served(cluster, lacking)
    return lacking


def _live(cluster: Cluster, items: Iterable[Object]) -> list[Object | None]:
    return cluster.kube.map(lambda item: cluster.get(key_of(item)), items)
