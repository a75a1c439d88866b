"""One LIST of metadata for each kind and namespace of the release and the inventory: what is there, what moved."""

from deployer.desired import MEMBER_LABEL, Desired, Item
from deployer.inventory import Inventory, Journal, Member
from deployer.kube.verbs import Cluster
from deployer.live import listed
from deployer.memory import is_unchanged, seen_again
from deployer.objects import Identity, Object
from deployer.prune import judged
from deployer.values import dataclass


@dataclass(frozen=True)
class Found:
    """A wanted object that is not known to be as wanted; `meta` is its live metadata, None when it is not there."""

    item: Item
    meta: Object | None
    adopted: bool  # it is there, and no release of ours has written it


@dataclass(frozen=True)
class Survey:
    unchanged: dict[Identity, Member]
    open: tuple[Found, ...]
    leaving: tuple[Member, ...]  # to be deleted
    kept: tuple[Member, ...]  # no longer wanted, and not ours to delete
    gone: tuple[Member, ...]


def survey(
    cluster: Cluster, inventory: Inventory, desired: Desired, journal: Journal, *, verify_all: bool = False
) -> Survey:
    """`verify_all` trusts nothing that is remembered."""
    known = {member.identity: member for member in journal.members}
    live = listed(cluster, [*(item.key for item in desired.items), *(member.key for member in journal.members)])
    unchanged: dict[Identity, Member] = {}
    found = []
    for item in desired.items:
        meta, member = live.get(item.identity), known.get(item.identity)
        if meta is None:
            found.append(Found(item, None, False))
        elif not verify_all and member and is_unchanged(item, member, meta, inventory.key):
            unchanged[item.identity] = seen_again(item, member, meta)
        else:
            adopted = member.adopted if member else MEMBER_LABEL not in (meta.get("labels") or {})
            found.append(Found(item, meta, adopted))
    wanted = {item.identity for item in desired.items}
    left = [member for member in journal.members if member.identity not in wanted]
    verdicts = judged(left, live, inventory.id, journal.revisions)
    return Survey(unchanged, tuple(found), verdicts["delete"], verdicts["keep"], verdicts["gone"])
