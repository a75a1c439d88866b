"""What the release does with single objects: read, apply, delete; the path comes from the server's own discovery."""

import json
from collections.abc import Iterable
from typing import Any

from deployer.kube.client import APPLY, JSON, MERGE, Call, Kube
from deployer.kube.errors import ApiError, Conflict, NotFound
from deployer.kube.metadata import METADATA as METADATA
from deployer.kube.metadata import METADATA_LIST as METADATA_LIST
from deployer.kube.quoted import quoting_nothing
from deployer.kube.resources import Resources
from deployer.objects import Key, Object, key_of
from deployer.values import dataclass

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


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
        """Server-side apply. Conflict carries the fields that other managers own; no refusal quotes likely secrets."""
        key = key_of(item)
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = self.path(key)
        try:
            return self.kube.request("PATCH", path, subject=str(key), query=query, body=item, content=APPLY)
        except ApiError as error:
            raise quoting_nothing(error, item) from None

    def apply_call(
        self, item: Object, manager: str, *, force: bool = False, dry_run: bool = False, metadata_only: bool = True
    ) -> Call:
        """Server-side apply for `Kube.many`; its answer is the object's metadata alone, or all of it."""
        key = key_of(item)
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        return Call(
            "PATCH", self.path(key), str(key), query, _encode(item).encode(), APPLY, METADATA if metadata_only else JSON
        )

    def list_call(self, kind: Key, selector: str | None = None) -> Call:
        """LIST of the metadata of one kind, for `Kube.many` and `items`: the namespace of `kind`, or all when empty."""
        path = self.resources.of(kind).path(kind.namespace)
        return Call("GET", path, kind.kind, {"labelSelector": selector} if selector else {}, accept=METADATA_LIST)

    def list_metadata(self, kind: Key, selector: str | None = None) -> list[Object]:
        """apiVersion, kind and metadata of each object of one kind."""
        call = self.list_call(kind, selector)
        return self.items(kind, self.kube.request("GET", call.path, query=dict(call.query), accept=call.accept))

    def list_metadata_of(self, kinds: Iterable[Key], selector: str | None = None) -> list[list[Object]]:
        """The same of several kinds at a time; ApiError when one is refused."""
        wanted = list(kinds)
        answers = self.kube.many(self.list_call(kind, selector) for kind in wanted)
        return [self.items(kind, answer) for kind, answer in zip(wanted, map(accepted, answers), strict=True)]

    @staticmethod
    def items(kind: Key, answer: Object) -> list[Object]:
        """The objects of a LIST's answer, each with its apiVersion and kind."""
        version = f"{kind.group}/{kind.version}" if kind.group else kind.version
        found: list[Object] = answer.get("items") or []
        for item in found:
            item["apiVersion"], item["kind"] = version, kind.kind
        return found

    def delete(self, key: Key, uid: str) -> bool:
        """Delete exactly the object of that uid, its dependents after it; False when it is gone already or another."""
        options: dict[str, Any] = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            self.kube.request("DELETE", self.path(key), subject=str(key), body=options)
        except (NotFound, Conflict):
            return False
        return True

    def unmark(self, key: Key, uid: str, note: str, manager: str) -> bool:
        """Take an annotation off exactly the object of that uid; False when it is gone already or another."""
        body = {"metadata": {"uid": uid, "annotations": {note: None}}}
        query = {"fieldManager": manager}
        try:
            self.kube.request("PATCH", self.path(key), subject=str(key), query=query, body=body, content=MERGE)
        except (NotFound, Conflict):
            return False
        return True


def accepted(answer: Object | ApiError) -> Object:
    """One answer of `Kube.many` whose refusal is an error."""
    if isinstance(answer, ApiError):
        raise answer
    return answer
