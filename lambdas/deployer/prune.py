"""What a release no longer has: deleted only when inventory, label and uid all say that it is ours."""

from collections.abc import Callable, Iterable
from typing import Literal

from deployer.desired import MEMBER_LABEL
from deployer.inventory import Member
from deployer.kube.verbs import Cluster
from deployer.objects import Object
from deployer.plan import PROTECTED

Verdict = Literal["delete", "gone", "keep"]


def verdict(member: Member, live: Object | None, member_of: str) -> Verdict:
    """Pure: what becomes of a member of the inventory that is no longer wanted."""
    if live is None:
        return "gone"
    meta = live["metadata"]
    labels, notes = meta.get("labels") or {}, meta.get("annotations") or {}
    controlled = any(owner.get("controller") for owner in meta.get("ownerReferences") or [])
    another = member.uid not in ("", meta["uid"]) or labels.get(MEMBER_LABEL) != member_of
    if another or controlled or member.kind in PROTECTED or notes.get("helm.sh/resource-policy") == "keep":
        return "keep"
    return "delete"


def remove(cluster: Cluster, members: Iterable[Member], member_of: str, check: Callable[[], None]) -> list[Member]:
    """Delete what may be deleted; returns what was."""
    return [
        member
        for member, deleted in cluster.kube.map(lambda m: _remove(cluster, m, member_of, check), members)
        if deleted
    ]


def _remove(cluster: Cluster, member: Member, member_of: str, check: Callable[[], None]) -> tuple[Member, bool]:
    resource = cluster.resources.find(member.key) or cluster.resources.any_version(member.group, member.kind)
    if resource is None:
        return member, False  # its definition is gone, and every object of it with it
    check()
    key = member.key._replace(version=resource.version)
    live = cluster.get(key)
    if live is None or verdict(member, live, member_of) != "delete":
        return member, False
    return member, cluster.delete(key, str(live["metadata"]["uid"]))
