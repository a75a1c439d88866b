"""Two clusters side by side: what is live in them, less what differs by nature, and each difference as a line."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deployer.kube.client import Kube
from deployer.kube.errors import ApiError, NotFound
from deployer.objects import Object

Live = dict[str, Object]  # "Kind namespace/name" -> the object, without what differs by nature

ABSENT = "(absent)"
MEMBER = "applyset.kubernetes.io/part-of"
# Made by the cluster under names or with contents of chance, or asked for and never stored.
BY_CHANCE = frozenset({"Event", "Pod", "Endpoints", "EndpointSlice", "Lease", "ComponentStatus", "IPAddress"})
FLEETING = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "deletionTimestamp", "selfLink")
RECORDS = ("helm.sh/release.v1",)  # Secrets that tell of a release, not of what it made
CERTIFICATES = ("kube-root-ca.crt", "extension-apiserver-authentication")  # of the cluster itself
KEPT_BY_US = ("shipline-", "shipline.")  # how the names of what the engine keeps for itself begin


def live(kube: Kube, namespace: str) -> Live:
    """Everything that a namespace holds, and everything that lies in none."""
    found: Live = {}
    for path, kind, namespaced in _collections(kube):
        where = f"{path[0]}/namespaces/{namespace}/{path[1]}" if namespaced else f"{path[0]}/{path[1]}"
        try:
            listed = kube.get(where).get("items") or []
        except NotFound:
            continue
        for each in listed:
            if not _left_out(each):
                name = f"{kind} {each['metadata'].get('namespace', '')}/{each['metadata']['name']}"
                found[name.replace(f" {namespace}/", " ").replace(" /", " ")] = bare({**each, "kind": kind})
    return found


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """`path: ours / theirs`, one for each leaf that differs."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs}):
            yield from differences(ours.get(key, ABSENT), theirs.get(key, ABSENT), f"{path}.{key}" if path else key)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif ours != theirs or type(ours) is not type(theirs):
        yield f"{path}: {_short(ours)} / {_short(theirs)}"


def bare(item: Object) -> Object:
    """Without managers, times, identities and what the cluster chose by chance."""
    meta = {key: value for key, value in item["metadata"].items() if key not in FLEETING}
    meta["labels"] = {key: value for key, value in (meta.get("labels") or {}).items() if key != MEMBER}
    meta["ownerReferences"] = [
        {key: value for key, value in each.items() if key != "uid"} for each in meta.get("ownerReferences") or []
    ]
    made = {key: value for key, value in item.items() if key != "status"}
    made["metadata"] = {key: value for key, value in meta.items() if value or value == 0}
    return _BARE.get(item["kind"], _same)(json.loads(json.dumps(made)))


def _same(item: Object) -> Object:
    return item


def _service(item: Object) -> Object:
    spec = item["spec"]
    if spec.get("clusterIP") not in (None, "", "None"):
        spec.update(clusterIP="(given)", clusterIPs=["(given)"])
    for port in spec.get("ports") or []:
        port.pop("nodePort", None)
    return item


def _job(item: Object) -> Object:
    """A Job's selector and its pods' labels are made of its uid; it has them too, where it has no label of its own."""
    item["spec"].pop("selector", None)
    for meta in (item["metadata"], item["spec"]["template"]["metadata"]):
        labels = meta.get("labels") or {}
        meta["labels"] = {
            key: value for key, value in labels.items() if not key.endswith(("controller-uid", "job-name"))
        }
    return item


def _volume_claimed(item: Object) -> Object:
    for name in ("uid", "resourceVersion"):
        (item["spec"].get("claimRef") or {}).pop(name, None)
    return item


_BARE: Mapping[str, Callable[[Object], Object]] = {
    "Service": _service,
    "Job": _job,
    "PersistentVolume": _volume_claimed,
}


def _left_out(item: Object) -> bool:
    name = item["metadata"]["name"]
    return item.get("type") in RECORDS or name.startswith(KEPT_BY_US) or name in CERTIFICATES


def _collections(kube: Kube) -> Iterator[tuple[tuple[str, str], str, bool]]:
    """(group version's path, plural), kind and scope of all that can be listed, each kind once."""
    roots = ["/api/v1"]
    roots += [f"/apis/{each['preferredVersion']['groupVersion']}" for each in kube.get("/apis")["groups"]]
    for root in roots:
        try:
            served = kube.get(root)["resources"]
        except ApiError:
            continue  # an aggregated API whose server does not run
        for each in served:
            if "list" in each["verbs"] and "/" not in each["name"] and each["kind"] not in BY_CHANCE:
                yield (root, each["name"]), each["kind"], each["namespaced"]


def _short(value: Any) -> str:
    text = value if value is ABSENT else json.dumps(value, sort_keys=True)
    return text if len(text) < 160 else text[:157] + "…"
