"""What is remembered of an object that is exactly as wanted, and when that is enough to leave it alone. Pure."""

import json

from deployer.desired import Item
from deployer.inventory import Member
from deployer.inventory.key import fingerprint
from deployer.objects import Object

# Controllers' own notes: they change when nobody changed anything.
_CONTROLLERS = (
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "autoscaling.alpha.kubernetes.io/",
    "endpoints.kubernetes.io/",
    "batch.kubernetes.io/job-tracking",
)


def remembered(item: Item, meta: Object, key: bytes, *, adopted: bool) -> Member:
    """The member for an object that was just seen, or written, as the item wants it; `meta` is its metadata."""
    return Member(
        *item.key,
        uid=str(meta["uid"]),
        adopted=adopted,
        raw=item.raw,
        content=item.content,
        resource_version=str(meta["resourceVersion"]),
        generation=int(meta.get("generation") or 0),
        notes=noted(meta, key),
    )


def seen_again(item: Item, member: Member, meta: Object) -> Member:
    """The member of an object that is unchanged: the same one where nothing at all moved."""
    if (member.resource_version, member.raw) == (meta["resourceVersion"], item.raw) and member.key == item.key:
        return member
    return member._replace(version=item.key.version, raw=item.raw, resource_version=str(meta["resourceVersion"]))


def is_unchanged(item: Item, member: Member, meta: Object, key: bytes) -> bool:
    """Whether a live object is still what it was when it was as the item wants it now.

    The same resourceVersion says so by itself. Where only that moved, as it does with each change of a status, the
    generation and the notes say it together.
    """
    if not member.content or member.content != item.content or member.uid != meta["uid"]:
        return False
    if meta.get("deletionTimestamp"):
        return False
    if member.resource_version == meta["resourceVersion"]:
        return True
    generation = int(meta.get("generation") or 0)
    return generation > 0 and generation == member.generation and member.notes == noted(meta, key)


def settled(member: Member, meta: Object, key: bytes) -> Member:
    """The member at the version at which it was seen last, where nothing but its status has moved since."""
    generation, version = int(meta.get("generation") or 0), str(meta["resourceVersion"])
    if member.resource_version == version or not member.content or member.uid != meta["uid"]:
        return member
    told = generation > 0 and generation == member.generation and member.notes == noted(meta, key)
    return member._replace(resource_version=version) if told else member


def noted(meta: Object, key: bytes) -> str:
    """A fingerprint of labels and annotations, less what controllers write."""
    notes = meta.get("annotations") or {}
    ours = {name: text for name, text in notes.items() if not name.startswith(_CONTROLLERS)}
    return fingerprint(key, json.dumps([meta.get("labels") or {}, ours], sort_keys=True).encode())[:16]
