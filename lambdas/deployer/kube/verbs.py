"""What the release does with single objects: read, apply, delete; the path comes from the server's own discovery."""

from dataclasses import dataclass
from typing import Any

from deployer.kube.client import APPLY, Kube
from deployer.kube.errors import Conflict, NotFound
from deployer.kube.resources import Resources
from deployer.objects import Key, Object, key_of


@dataclass(frozen=True)
class Cluster:
    kube: Kube
    resources: Resources

    def path(self, key: Key) -> str:
        return self.resources.of(key).path(key.namespace, key.name)

    def get(self, key: Key) -> Object | None:
        """The live object; None only when the server says that there is none."""
        try:
            return self.kube.get(self.path(key), subject=str(key))
        except NotFound:
            return None

    def apply(self, item: Object, manager: str, *, force: bool = False, dry_run: bool = False) -> Object:
        """Server-side apply. Conflict carries the fields that other managers own."""
        key = key_of(item)
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        return self.kube.request("PATCH", self.path(key), subject=str(key), query=query, body=item, content=APPLY)

    def delete(self, key: Key, uid: str) -> bool:
        """Delete exactly the object of that uid, its dependents after it; False when it is gone already or another."""
        options: dict[str, Any] = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            self.kube.request("DELETE", self.path(key), subject=str(key), body=options)
        except (NotFound, Conflict):
            return False
        return True
