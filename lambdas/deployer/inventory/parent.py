"""The inventory's object: a ConfigMap that is an ApplySet parent (KEP-3659)."""

import base64
import hashlib
import json
from typing import Any

from deployer.inventory import key
from deployer.inventory.journal import Journal, Member
from deployer.inventory.members import pack, unpack
from deployer.values import fields

TOOLING = "shipline/v1"
_UNSEEN = Member("", "", "", "", "")[7:]


def object_name(service: str) -> str:
    return f"shipline-{service}"


def applyset_id(name: str, namespace: str) -> str:
    """The ApplySet's id (KEP-3659) of a ConfigMap parent: the value of every member's label."""
    digest = hashlib.sha256(f"{name}.{namespace}.ConfigMap.".encode()).digest()
    return f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


def parent(name: str, namespace: str, journal: Journal, secret: bytes = b"") -> dict[str, Any]:
    """The whole object; the members are signed with the inventory's `secret`."""
    members = pack(journal.members)
    others = {member.namespace for member in journal.members} - {"", namespace}
    kinds = sorted({f"{m.kind}.{m.group}" if m.group else m.kind for m in journal.members})
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {
                "applyset.kubernetes.io/id": applyset_id(name, namespace),
                "app.kubernetes.io/managed-by": "shipline",
            },
            "annotations": {
                "applyset.kubernetes.io/tooling": TOOLING,
                "applyset.kubernetes.io/contains-group-kinds": ",".join(kinds),
                "applyset.kubernetes.io/additional-namespaces": ",".join(sorted(others)),
            },
        },
        "data": {"journal": words(journal), "mac": key.sign_bytes(secret, members)},
        "binaryData": {"members": base64.b64encode(members).decode()},
    }


def words(journal: Journal) -> str:
    """The journal without its members."""
    told = {field.name: getattr(journal, field.name) for field in fields(journal)}
    del told["members"]
    return json.dumps(told, sort_keys=True)


def journal_of(found: dict[str, Any], secret: bytes = b"") -> Journal:
    """The journal in a ConfigMap, also of releases that wrote the members as plain JSON.

    What a member list that was not signed with `secret` says of objects is not believed, but for their names and uids.
    """
    told = json.loads(found["data"]["journal"])
    packed = (found.get("binaryData") or {}).get("members")
    if packed is not None:
        data = base64.b64decode(packed)
        members = unpack(data)
        if secret and not key.signed_bytes(secret, str(found["data"].get("mac")), data):
            members = tuple(Member._make((*member[:7], *_UNSEEN)) for member in members)
    else:
        members = tuple(
            Member._make((*row[:6], bool(row[6]), *_UNSEEN)) for row in json.loads(found["data"]["members"])
        )
    # A newer deployer may have written words that this one does not know.
    known = {field.name: told[field.name] for field in fields(Journal) if field.name in told}
    return Journal(**{**known, "hooks": tuple(told["hooks"]), "members": members})


def is_packed(found: dict[str, Any]) -> bool:
    return "members" in (found.get("binaryData") or {})
