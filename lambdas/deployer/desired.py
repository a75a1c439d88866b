"""What a release wants the namespace to hold: the rendered objects, completed and checked, ready to be stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from deployer.errors import Fatal
from deployer.helm.chart import Chart
from deployer.kube.resources import Resources
from deployer.objects import Identity, Object, key_of, with_metadata
from deployer.render import Rendered

MEMBER_LABEL = "applyset.kubernetes.io/part-of"
OUR_MANAGER = "shipline"
HELM_MANAGER = "helm"
MOST_OBJECTS = 5_000  # what the inventory holds in one object


class Item(NamedTuple):
    """One object, and the field manager that applies it."""

    object: Object
    manager: str

    @property
    def identity(self) -> Identity:
        return key_of(self.object).identity


@dataclass(frozen=True)
class Desired:
    """All objects of one release in one namespace, over all its deliveries."""

    items: tuple[Item, ...]
    charts: tuple[Chart, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "items": [[item.manager, item.object] for item in self.items],
            "charts": [chart.to_json() for chart in self.charts],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Desired":
        items = tuple(Item(item, manager) for manager, item in data["items"])
        return cls(items, tuple(Chart.from_json(chart) for chart in data["charts"]))


def complete(
    rendered: Iterable[Rendered], secrets: Iterable[Object], resources: Resources, namespace: str, member_of: str
) -> Desired:
    """Namespace, membership label and Helm's marks on every object; Fatal for what may not be in a release."""
    items: list[Item] = []
    charts: list[Chart] = []
    defined = set()
    deliveries = list(rendered)
    for delivery in deliveries:
        defined |= {_defines(item) for item in delivery.objects}
    for delivery in deliveries:
        manager = HELM_MANAGER if delivery.chart else OUR_MANAGER
        for item in delivery.objects:
            if item["kind"] == "Namespace" and item["metadata"]["name"] == namespace:
                continue  # made with the target by the stack; overlays often bring it along
            items.append(Item(_complete(item, resources, namespace, member_of, delivery.chart, defined), manager))
        if delivery.chart:
            charts.append(delivery.chart)
    items += [Item(_complete(item, resources, namespace, member_of, None, defined), OUR_MANAGER) for item in secrets]
    _refuse_duplicates(items)
    if not items:
        raise Fatal(
            "the release has no objects.",
            remedy="Nothing is deleted by accident: a release that is meant to be empty is deleted with `kubectl`.",
            kind="ConfigurationError",
        )
    if len(items) > MOST_OBJECTS:
        raise Fatal(f"the release has {len(items)} objects, over {MOST_OBJECTS}.", kind="ConfigurationError")
    return Desired(tuple(items), tuple(charts))


def _complete(
    item: Object,
    resources: Resources,
    namespace: str,
    member_of: str,
    chart: Chart | None,
    defined: set[tuple[str, str]],
) -> Object:
    key = key_of(item)
    known = resources.find(key)
    if known is None and (key.group, key.kind) not in defined:
        resources.of(key)  # raises
    namespaced = known.namespaced if known else True
    if namespaced and key.namespace not in ("", namespace):
        raise Fatal(
            f"it is for namespace {key.namespace!r}, while this environment's is {namespace!r}.",
            subject=str(key),
            remedy="Leave metadata.namespace out: the deployer sets it.",
            kind="ConfigurationError",
        )
    labels = {MEMBER_LABEL: member_of}
    notes: dict[str, str] = {}
    if chart:
        labels["app.kubernetes.io/managed-by"] = "Helm"
        notes = {"meta.helm.sh/release-name": chart.release, "meta.helm.sh/release-namespace": namespace}
    return with_metadata(item, labels=labels, annotations=notes, namespace=namespace if namespaced else "")


def _defines(item: Object) -> tuple[str, str]:
    """The (group, kind) that a custom resource definition of the release itself brings."""
    if item["kind"] != "CustomResourceDefinition":
        return "", ""
    spec = item.get("spec") or {}
    return str(spec.get("group") or ""), str((spec.get("names") or {}).get("kind") or "")


def _refuse_duplicates(items: list[Item]) -> None:
    seen: set[Identity] = set()
    for item in items:
        if item.identity in seen:
            raise Fatal(
                "it is in the release twice.",
                subject=str(item.identity),
                remedy="Two deliveries, or two files, bring the same object: leave it in one.",
                kind="ConfigurationError",
            )
        seen.add(item.identity)
