"""The pods and replica sets of some namespaces, by owner: what is kept of them is small."""

from collections import defaultdict
from typing import Any

from deployer.objects import Object
from deployer.values import dataclass, field
from deployer.wait.pods import of_new_revision

_META = ("name", "namespace", "uid", "labels", "ownerReferences", "deletionTimestamp", "annotations")


@dataclass
class Crowd:
    """Objects of one kind by uid, oldest first, and by the uids of their owners."""

    _found: dict[str, Object] = field(default_factory=dict)
    _owned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def listed(self, namespace: str, items: list[Object]) -> None:
        """All that are there in one namespace."""
        for uid in [uid for uid, each in self._found.items() if each["metadata"]["namespace"] == namespace]:
            del self._found[uid]
        for item in items:
            self.told("ADDED", item)

    def told(self, kind: str, item: Object) -> None:
        uid = item["metadata"]["uid"]
        for owner in item["metadata"].get("ownerReferences") or []:
            (self._owned[owner["uid"]].discard if kind == "DELETED" else self._owned[owner["uid"]].add)(uid)
        if kind == "DELETED":
            self._found.pop(uid, None)
        else:
            self._found[uid] = _small(item)

    def of(self, owner: str) -> list[Object]:
        """What has this owner, and what is it."""
        mine = {*self._owned.get(owner, ()), owner}
        return [self._found[uid] for uid in sorted(mine, key=self._age) if uid in self._found]

    def ending(self) -> bool:
        """Whether any of them is being deleted: its place will be free."""
        return any(item["metadata"].get("deletionTimestamp") for item in self._found.values())

    def _age(self, uid: str) -> str:
        return str(self._found.get(uid, {}).get("created", ""))


def pods_of(workload: Object, pods: Crowd, sets: Crowd) -> list[Object]:
    """The pods that speak for a workload: those that it made from its present template."""
    uid = workload["metadata"]["uid"]
    if workload["kind"] != "Deployment":
        return of_new_revision(pods.of(uid), workload, [])
    made = sets.of(uid)
    return of_new_revision([pod for each in made for pod in pods.of(each["metadata"]["uid"])], workload, made)


def _small(item: Object) -> Object:
    meta = {name: item["metadata"][name] for name in _META if name in item["metadata"]}
    spec = item.get("spec") or {}
    kept = {
        "initContainers": [_container(each) for each in spec.get("initContainers") or []],
        "containers": [_container(each) for each in spec.get("containers") or []],
        "volumes": [each for each in spec.get("volumes") or [] if each.get("persistentVolumeClaim")],
    }
    created = item["metadata"].get("creationTimestamp")
    return {
        "kind": item["kind"],
        "created": created,
        "metadata": meta,
        "spec": kept,
        "status": item.get("status") or {},
    }


def _container(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("name", "restartPolicy", "resources") if name in item}
