"""Pod templates carry the versions of the Secrets that they use: a new version makes their controllers restart them.

Only of Secrets that say their version: those whose sources are followed. Pods of jobs end by themselves and are left.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deployer.desired import Desired, Item, content_of
from deployer.objects import Object
from deployer.values import replace
from deployer.vault import VERSION

NOTE = "shipline.dev/secrets"
RESTARTED = ("DaemonSet", "Deployment", "StatefulSet")


def versions(secrets: Iterable[Object]) -> dict[str, str]:
    """By name, of the Secrets that say their version."""
    notes = {str(each["metadata"]["name"]): each["metadata"].get("annotations") or {} for each in secrets}
    return {name: str(each[VERSION]) for name, each in notes.items() if each.get(VERSION)}


def secrets_of(desired: Desired, namespace: str) -> list[Object]:
    """The Secrets of a set in the namespace, which are objects and no documents when they come from a vault."""
    return [item.object for item in desired.items if _is_secret(item, namespace) and item.is_read]


def renewed(desired: Desired, fresh: Iterable[Object], namespace: str, key: bytes) -> Desired:
    """The set with what its Secrets hold now, of those that say their version."""
    now = [*fresh]
    new = {each["metadata"]["name"]: each for each in now if versions([each])}
    items = (
        _with(item, new[item.key.name], key) if _is_secret(item, namespace) and item.key.name in new else item
        for item in desired.items
    )
    return replace(desired, items=tuple(items))


def followed(desired: Desired, namespace: str, key: bytes) -> Desired:
    """The set with the versions in the templates of the pods that use them; `key` is the inventory's."""
    told = versions(secrets_of(desired, namespace))
    if not told:
        return desired
    return replace(desired, items=tuple(_followed(item, told, namespace, key) for item in desired.items))


def _followed(item: Item, told: Mapping[str, str], namespace: str, key: bytes) -> Item:
    if (item.key.group, item.key.namespace) != ("apps", namespace) or item.key.kind not in RESTARTED:
        return item
    if item.document and not any(name in item.document.text for name in told):
        return item  # it needs not even be read
    template = (item.object.get("spec") or {}).get("template") or {}
    used = sorted(set(used_by(template.get("spec") or {})) & told.keys())
    if not used:
        return item
    meta = template.get("metadata") or {}
    notes = {**(meta.get("annotations") or {}), NOTE: ",".join(f"{name}={told[name]}" for name in used)}
    changed = {**template, "metadata": {**meta, "annotations": notes}}
    return _item({**item.object, "spec": {**item.object["spec"], "template": changed}}, item.manager, key)


def used_by(pod: Mapping[str, Any]) -> Iterator[str]:
    """The Secrets that a pod's spec names, for its containers."""
    for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        for each in container.get("env") or []:
            yield from _named((each.get("valueFrom") or {}).get("secretKeyRef"))
        for each in container.get("envFrom") or []:
            yield from _named(each.get("secretRef"))
    for volume in pod.get("volumes") or []:
        yield from _named(volume.get("secret"), "secretName")
        for source in (volume.get("projected") or {}).get("sources") or []:
            yield from _named(source.get("secret"))


def _named(reference: Mapping[str, Any] | None, key: str = "name") -> Iterator[str]:
    if reference and reference.get(key):
        yield str(reference[key])


def _is_secret(item: Item, namespace: str) -> bool:
    return (item.key.group, item.key.kind, item.key.namespace) == ("", "Secret", namespace)


def _with(item: Item, fresh: Object, key: bytes) -> Item:
    """The same Secret, with its labels, and what it holds now."""
    old = item.object["metadata"]
    notes = {**(old.get("annotations") or {}), VERSION: versions([fresh])[item.key.name]}
    return _item({**item.object, **fresh, "metadata": {**old, "annotations": notes}}, item.manager, key)


def _item(whole: Object, manager: str, key: bytes) -> Item:
    return Item(whole, manager, content=content_of(key, manager, whole))
