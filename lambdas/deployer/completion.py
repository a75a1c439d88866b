"""Rendered deliveries -> Desired: namespace, label and Helm's marks on every object; Fatal for what may not be there.

A document that an earlier release has read is taken by what the inventory remembers of it.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from deployer.desired import HELM_MANAGER, MEMBER_LABEL, OUR_MANAGER, Desired, Item, Marks, content_of
from deployer.errors import Fatal
from deployer.kube.resources import Resources
from deployer.memo import Memo
from deployer.objects import Identity, Key, Object, key_of
from deployer.render import Rendered
from deployer.render.documents import Document
from deployer.values import dataclass

if TYPE_CHECKING:
    from deployer.helm.chart import Chart

_DEFINITION = "CustomResourceDefinition"
MOST_OBJECTS = 10_000  # what the inventory holds in one object


@dataclass(frozen=True)
class Where:
    """Where a release goes; `may_own` is asked whether it may write its own Namespace, only when it brings it along."""

    namespace: str
    others: frozenset[str]
    member_of: str
    may_own: Callable[[], bool]


def complete(
    rendered: Iterable[Rendered],
    secrets: Iterable[Object],
    resources: Resources,
    where: Where,
    memo: Memo,
) -> Desired:
    deliveries = [*rendered]
    made = _Completion(deliveries, resources, where, memo)
    items = [item for delivery in deliveries for item in made.items(delivery)]
    items += [item for secret in secrets for item in made.read([secret], None)]
    items = _once(items)
    if not items:
        raise Fatal(
            "the release has no objects.",
            remedy="Nothing is deleted by accident: a release that is meant to be empty is deleted with `kubectl`.",
            kind="ConfigurationError",
        )
    if len(items) > MOST_OBJECTS:
        raise Fatal(f"the release has {len(items)} objects, over {MOST_OBJECTS}.", kind="ConfigurationError")
    return Desired(tuple(items), tuple(delivery.chart for delivery in deliveries if delivery.chart))


@dataclass
class _Completion:
    deliveries: list[Rendered]
    resources: Resources
    where: Where
    memo: Memo

    def items(self, delivery: Rendered) -> Iterator[Item]:
        yield from self.read(delivery.objects, delivery.chart)
        manager, marks = self._manager(delivery.chart), self._marks(delivery.chart)
        for hook in delivery.chart.hooks if delivery.chart else ():
            self._refuse_elsewhere(key_of(hook.object))
        told = "\0".join([delivery.source.kind, delivery.chart.release if delivery.chart else ""])
        for document in delivery.documents:
            raw = self.memo.raw(document.text, told)
            known = self.memo.known(raw)
            if known and self.resources.find(known.key):
                yield Item.of(document, marks, known.key, manager, known.content, raw)
            else:
                yield from self._first_read(document, delivery.chart, marks, raw)

    def read(self, objects: Iterable[Object], chart: "Chart | None") -> Iterator[Item]:
        """Objects that are there already."""
        manager, marks = self._manager(chart), self._marks(chart)
        for item in objects:
            key = self._key(item)
            own = (key.group, key.kind, key.name) == ("", "Namespace", self.where.namespace)
            if own and not self.where.may_own():
                continue  # it is there, and stays as it is
            whole = marks.on(item, key.namespace)
            yield Item(whole, manager, content=content_of(self.memo.key, manager, whole))

    def _first_read(self, document: Document, chart: "Chart | None", marks: Marks, raw: str) -> Iterator[Item]:
        objects = document.objects()
        found = list(self.read(objects, chart))
        if len(objects) == len(found) == 1:
            found[0].document, found[0].marks, found[0].raw = document, marks, raw
        yield from found

    def _key(self, item: Object) -> Key:
        """Where an object goes; Fatal when it says that it goes elsewhere, or nobody knows its kind."""
        key = key_of(item)
        if not self._namespaced(key):
            return key._replace(namespace="")
        self._refuse_elsewhere(key)
        return key._replace(namespace=key.namespace or self.where.namespace)

    def _refuse_elsewhere(self, key: Key) -> None:
        if key.namespace not in ("", self.where.namespace, *self.where.others):
            raise Fatal(
                f"it is for namespace {key.namespace!r}, while this environment's is {self.where.namespace!r}.",
                subject=str(key),
                remedy=(
                    "Leave metadata.namespace out: the deployer sets it. If it belongs there, name that namespace "
                    "among the environment's `other_namespaces`."
                ),
                kind="ConfigurationError",
            )

    def _namespaced(self, key: Key) -> bool:
        known = self.resources.find(key)
        if known:
            return known.namespaced
        if (key.group, key.kind) not in self._brought:
            self.resources.of(key)  # raises
        return self._brought[key.group, key.kind] != "Cluster"

    @functools.cached_property
    def _brought(self) -> dict[tuple[str, str], str]:
        """The scope of each (group, kind) that the release itself defines."""
        found = [item for each in self.deliveries for item in each.objects]
        found += [item for each in self.deliveries if each.chart for item in each.chart.definitions]
        texts = [text for each in self.deliveries for text in each.documents if _DEFINITION in text.text]
        found += [item for text in texts for item in text.objects()]
        specs = [item.get("spec") or {} for item in found if item["kind"] == _DEFINITION]
        return {
            (str(spec.get("group")), str((spec.get("names") or {}).get("kind"))): str(spec.get("scope"))
            for spec in specs
        }

    def _manager(self, chart: "Chart | None") -> str:
        return HELM_MANAGER if chart else OUR_MANAGER

    def _marks(self, chart: "Chart | None") -> Marks:
        labels = {MEMBER_LABEL: self.where.member_of}
        if chart is None:
            return Marks(labels, {})
        release = {"meta.helm.sh/release-name": chart.release, "meta.helm.sh/release-namespace": self.where.namespace}
        return Marks({**labels, "app.kubernetes.io/managed-by": "Helm"}, release)


def _once(items: Iterable[Item]) -> list[Item]:
    """Each object once, where it came first; Fatal for one that is there again and reads otherwise.

    What projects publish often brings a definition in two files that are meant to be applied together.
    """
    seen: dict[Identity, Item] = {}
    for item in items:
        first = seen.setdefault(item.identity, item)
        if first is not item and first != item:
            raise Fatal(
                "it is in the release twice, and not the same both times.",
                subject=str(item.identity),
                remedy="Two deliveries, or two files, bring the same object: leave it in one.",
                kind="ConfigurationError",
            )
    return list(seen.values())
