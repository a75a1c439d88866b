"""Plan -> cluster: server-side apply in stages, many objects at a time within one."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from deployer.desired import Item
from deployer.errors import Fatal, Unavailable
from deployer.inventory import Member
from deployer.kube.errors import ApiError
from deployer.kube.verbs import Cluster
from deployer.objects import key_of
from deployer.plan import FORCE_NOTE, RECREATE_NOTE, explain, is_immutable, wants

# What others need comes first: definitions, then what pods read, then what runs, and last what may refuse others.
_FIRST = frozenset({"Namespace", "CustomResourceDefinition", "PriorityClass", "StorageClass", "RuntimeClass"})
_CONFIG = frozenset(
    {
        "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap", "Secret",
        "LimitRange", "ResourceQuota", "PersistentVolume", "PersistentVolumeClaim", "NetworkPolicy", "Service",
    }
)  # fmt: skip
_LAST = frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"})
ESTABLISHED_WITHIN = 20.0  # seconds for a definition to be served
GONE_WITHIN = 30.0  # seconds for a replaced object to end


@dataclass(frozen=True)
class Applied:
    member: Member
    resource_version: str


def stage_of(item: Item) -> int:
    kind = item.object["kind"]
    return 0 if kind in _FIRST else 1 if kind in _CONFIG else 3 if kind in _LAST else 2


def apply_all(
    cluster: Cluster, items: Iterable[Item], check: Callable[[], None], *, force: bool = False
) -> list[Applied]:
    """Apply in stages; `check` is asked before each write and raises when the lock was lost."""
    todo = list(items)
    done: list[Applied] = []
    for stage in range(4):
        now = [item for item in todo if stage_of(item) == stage]
        done += cluster.kube.map(lambda item: _apply(cluster, item, check, force), now)
        defined = [item for item in now if item.object["kind"] == "CustomResourceDefinition"]
        if defined:
            _until_established(cluster, defined)
            cluster.resources.refresh()
    return done


def _apply(cluster: Cluster, item: Item, check: Callable[[], None], force: bool) -> Applied:
    check()
    key = key_of(item.object)
    try:
        written = cluster.apply(item.object, item.manager, force=force or wants(item, FORCE_NOTE))
    except ApiError as error:
        if not (is_immutable(error) and wants(item, RECREATE_NOTE)):
            raise explain(error, item) from error
        _remove(cluster, item)
        written = cluster.apply(item.object, item.manager, force=force)
    meta = written["metadata"]
    return Applied(Member(*key, uid=str(meta["uid"])), str(meta["resourceVersion"]))


def _remove(cluster: Cluster, item: Item) -> None:
    """Delete the live object and see it gone."""
    key = key_of(item.object)
    until = time.monotonic() + GONE_WITHIN
    while live := cluster.get(key):
        if not live["metadata"].get("deletionTimestamp"):
            cluster.delete(key, str(live["metadata"]["uid"]))
        if time.monotonic() > until:
            raise Fatal(
                f"it is to be replaced, but does not end within {GONE_WITHIN:.0f} s.",
                subject=str(key),
                remedy="Look for finalizers on it.",
            )
        time.sleep(0.2)


def _until_established(cluster: Cluster, defined: list[Item]) -> None:
    until = time.monotonic() + ESTABLISHED_WITHIN
    for item in defined:
        while not _established(cluster.get(key_of(item.object)) or {}):
            if time.monotonic() > until:
                raise Unavailable("the server does not serve the definition yet.", subject=str(item.identity))
            time.sleep(0.1)


def _established(definition: dict[str, object]) -> bool:
    status = definition.get("status")
    conditions = status.get("conditions") or [] if isinstance(status, dict) else []
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)
