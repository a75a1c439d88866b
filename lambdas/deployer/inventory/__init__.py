"""The one object of a release in its namespace: lock, fence, journal and inventory, an ApplySet parent."""

from deployer.inventory.journal import FINAL, Journal, Member, Stage, same, widened
from deployer.inventory.lock import Hold, Inventory
from deployer.inventory.parent import applyset_id, object_name

__all__ = [
    "FINAL", "Hold", "Inventory", "Journal", "Member", "Stage", "applyset_id", "object_name", "same", "widened",
]  # fmt: skip
