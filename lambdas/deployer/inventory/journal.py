"""What the inventory remembers: where the release stands, and every object that it may have written."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from deployer.objects import Identity, Key
from deployer.values import dataclass, field, replace

Stage = Literal[
    "idle", "before", "canary", "apply", "wait", "switch", "after", "prune", "close", "restore", "settle",
    "succeeded", "failed",
]  # fmt: skip
MOST_SHARED = 50  # as many releases as a ledger in the cluster keeps
FINAL: frozenset[Stage] = frozenset({"idle", "succeeded", "failed"})


class Member(NamedTuple):
    """An object that a release of this inventory may have written; `uid` once the server gave it.

    What follows `adopted` is what was last seen of it when it was exactly as wanted: hashes are hex, and keyed.
    """

    group: str
    version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""
    adopted: bool = False  # it was there before any release of ours: never deleted by a way back
    raw: str = ""  # of the document that it came from, and of what decides what becomes of that
    content: str = ""  # of the object as it was sent
    resource_version: str = ""
    generation: int = 0  # 0 for kinds that count none
    notes: str = ""  # of its live labels and annotations

    @property
    def key(self) -> Key:
        return Key(self.group, self.version, self.kind, self.namespace, self.name)

    @property
    def identity(self) -> Identity:
        return Identity(self.group, self.kind, self.namespace, self.name)


@dataclass(frozen=True)
class Journal:
    """Where the release stands. `good` is the release to go back to, 0 when there is none."""

    number: int = 0
    attempt: str = ""  # the action execution that this is about: a job delivered twice is known by it
    stage: Stage = "idle"
    fence: int = 0
    holder: str = ""
    good: int = 0
    dirty: bool = False  # an earlier release was left half done: a way back rewrites everything
    waited: float = 0.0
    failure: str = ""
    stored: int = 0  # the release under whose number this one's set is stored; 0: its own
    digest: str = ""  # of that set
    good_stored: int = 0
    good_digest: str = ""
    ledger: str = ""  # where the numbers come from: those of two ledgers cannot be compared
    artifact: str = ""  # the seal of what this release was made from
    again: int = 0  # the earlier release that this one carries out once more; 0: what an artifact brought
    renews: int = 0  # the release that this one is but for its secrets; 0: it is one of its own
    scan: str = ""  # what the scans of this release's images have shown
    counts: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)  # earlier releases that stored no set of their own -> whose
    revisions: dict[str, int] = field(default_factory=dict)  # Helm release -> revision of this release
    step: int = 0  # of a canary: the one that is held, counted from 1; 0 before the first
    weighed: str = ""  # the HTTPRoute whose weights may not be those of its manifest
    hooks: tuple[str, ...] = ()  # hooks that ended well
    judged: bool = False  # each member was found healthy at the very version that is remembered of it
    members: tuple[Member, ...] = ()

    def having(self, **changes: Any) -> "Journal":
        return replace(self, **changes)

    def set_of(self, release: int) -> int:
        """The number under which a release's set is stored: releases with equal sets share one."""
        at = {self.good: self.good_stored, self.number: self.stored}
        return at.get(release) or self.shared.get(str(release)) or release

    def sharing(self, release: int) -> dict[str, int]:
        """`shared`, with a release that ends now."""
        at = self.set_of(release)
        known = self.shared if at == release else {**self.shared, str(release): at}
        return {number: known[number] for number in sorted(known, key=int)[-MOST_SHARED:]}


def widened(members: Iterable[Member], more: Iterable[Member]) -> tuple[Member, ...]:
    """The union: of an object in both, `more` says how it was seen last, if it says so at all."""
    known = {member.identity: member for member in members}
    for member in more:
        old = known.get(member.identity)
        if old is None:
            known[member.identity] = member
        elif member is old:
            continue
        elif member.content:
            known[member.identity] = member._replace(uid=member.uid or old.uid, adopted=old.adopted)
        else:
            known[member.identity] = old._replace(version=member.version, uid=member.uid or old.uid)
    return tuple(known.values())


def same(old: tuple[Member, ...], new: tuple[Member, ...]) -> tuple[Member, ...]:
    """The old list where the new one says the same, since a list that is not another one is not written again."""
    return old if old == new else new
