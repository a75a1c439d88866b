"""The way back: what must be applied and deleted to be at the previous release again. Pure."""

from deployer.desired import Desired, Item
from deployer.inventory import Member
from deployer.values import dataclass


@dataclass(frozen=True)
class WayBack:
    apply: tuple[Item, ...]
    delete: tuple[Member, ...]


def way_back(previous: Desired, current: Desired | None, members: tuple[Member, ...]) -> WayBack:
    """Only what `current` changed; everything of `previous` when it is not known what was changed (None).

    Objects that were there before any release of ours are left as they are: what they were is not known.
    """
    now = {item.identity: item for item in current.items} if current else {}
    kept = {item.identity for item in previous.items}
    return WayBack(
        tuple(item for item in previous.items if now.get(item.identity) != item),
        tuple(member for member in members if member.identity not in kept and not member.adopted),
    )
