"""What a release no longer has: deleted only when inventory, label and uid all say that it is ours."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal

from deployer.desired import MEMBER_LABEL
from deployer.errors import Fatal
from deployer.inventory import Member
from deployer.kube.client import Call
from deployer.kube.errors import ApiError, Conflict, NotFound
from deployer.kube.verbs import Cluster
from deployer.live import listed
from deployer.objects import Identity, Object

Verdict = Literal["delete", "gone", "keep"]

PRUNE_NOTE = "shipline.dev/prune"  # "true": also what is protected; "false": never
# Losing one of these loses data or what others live in: they are left where they are.
PROTECTED = frozenset({"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim"})
SMALL = 10  # members below which a release may delete any of them


def verdict(member: Member, live: Object | None, member_of: str, releases: Collection[str] = ()) -> Verdict:
    """Pure: what becomes of a member of the inventory that is no longer wanted.

    Helm's own rollbacks and upgrades take our label away: then its mark of one of our `releases` says as much.
    """
    if live is None:
        return "gone"
    meta = live["metadata"]
    labels, notes = meta.get("labels") or {}, meta.get("annotations") or {}
    controlled = any(owner.get("controller") for owner in meta.get("ownerReferences") or [])
    by_helm = MEMBER_LABEL not in labels and notes.get("meta.helm.sh/release-name") in releases
    another = member.uid not in ("", meta["uid"]) or not (labels.get(MEMBER_LABEL) == member_of or by_helm)
    stays = notes.get("helm.sh/resource-policy") == "keep" or notes.get(PRUNE_NOTE) == "false"
    protected = member.kind in PROTECTED and notes.get(PRUNE_NOTE) != "true"
    return "keep" if another or controlled or stays or protected else "delete"


def judged(
    members: Iterable[Member], live: Mapping[Identity, Object], member_of: str, releases: Collection[str]
) -> dict[Verdict, tuple[Member, ...]]:
    """Pure: members that are no longer wanted, by verdict; those to be deleted with the uids that are there.

    `live` is metadata by identity.
    """
    found: dict[Verdict, list[Member]] = {"delete": [], "keep": [], "gone": []}
    for member in members:
        meta = live.get(member.identity)
        said = verdict(member, {"metadata": meta} if meta else None, member_of, releases)
        found[said].append(member._replace(uid=str(meta["uid"])) if meta and said == "delete" else member)
    return {said: tuple(each) for said, each in found.items()}


def refuse_wholesale(leaving: Collection[Member], total: int, share: float) -> None:
    """Fatal for a release that would delete more than its share of what is there: as a rule somebody lost a folder."""
    if total < SMALL or len(leaving) <= share * total:
        return
    told = ", ".join(str(member.identity) for member in [*leaving][:5])
    more = f" and {len(leaving) - 5} more" if len(leaving) > 5 else ""
    raise Fatal(
        f"it would delete {len(leaving)} of the {total} objects that are there: {told}{more}. "
        f"A release may delete {share:.0%} of them.",
        remedy="If that is meant, raise the environment's `prune` for this release (100 allows all).",
        kind="ConfigurationError",
    )


def remove(
    cluster: Cluster,
    members: Iterable[Member],
    member_of: str,
    check: Callable[[], None],
    releases: Collection[str] = (),
) -> list[Member]:
    """Delete what may be deleted, by what a LIST says of it now; returns what was."""
    leaving = list(members)
    if not leaving:
        return []
    live = listed(cluster, (member.key for member in leaving))
    going = judged(leaving, live, member_of, releases)["delete"]
    answers = cluster.kube.many([_call(cluster, member) for member in going], check)
    for answer in answers:
        if isinstance(answer, ApiError) and not isinstance(answer, NotFound | Conflict):
            raise answer
    # What is gone already, or is another object by now, was not deleted by us.
    return [member for member, answer in zip(going, answers, strict=True) if not isinstance(answer, ApiError)]


def _call(cluster: Cluster, member: Member) -> Call:
    served = cluster.resources.find(member.key) or cluster.resources.any_version(member.group, member.kind)
    assert served is not None  # it was listed
    options = {"propagationPolicy": "Background", "preconditions": {"uid": member.uid}}
    path = served.path(member.namespace, member.name)
    return Call("DELETE", path, str(member.key), body=json.dumps(options).encode())
