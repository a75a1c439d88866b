"""The ledger: what was released where, from which commit, with what result; and whether an environment is held.

    dynamodb   the service's table, which outlives the cluster: the pipeline's, and a laptop's where AWS answers
    cluster    a ConfigMap beside the inventory, for services that no pipeline delivers

Numbers order releases, so an environment has one ledger: its inventory keeps the `origin` of the one that counts.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from deployer.bump.references import Image
from deployer.release import Release
from deployer.values import dataclass, field

Status = Literal["InProgress", "Succeeded", "Failed", "Superseded", "Held"]
UNSCANNED = "not scanned"
MOST_ENTRIES = 50  # what a ledger in the cluster keeps


@dataclass(frozen=True)
class Entry:
    """A release in one environment; times are ISO 8601 in UTC, "" where there is none yet."""

    number: int
    status: str
    execution: str = ""
    commit: str = ""
    message: str = ""
    branch: str = ""
    author: str = ""
    images: Mapping[str, str] = field(default_factory=dict)  # name -> repository@digest
    started: str = ""
    finished: str = ""
    summary: str = ""
    restored: int = 0  # the release that was gone back to
    authored: str = ""  # when the commit was written
    scan: str = ""  # what the scans of its images have shown
    config: str = ""  # the commit of the configuration repository that brought it, where it went that way
    sbom: Mapping[str, str] = field(default_factory=dict)  # by image: its documents in the artifact, file@digest

    def release(self, service: str) -> Release:
        """What was released, to be delivered once more."""
        images = {name: _image(name, pinned) for name, pinned in self.images.items()}
        words = (self.commit, self.branch, self.message, self.author)
        return Release(service, *words, images, self.authored, self.sbom)


@dataclass(frozen=True)
class Held:
    """An environment that a person stopped: only release `number` goes on there until the hold is lifted."""

    number: int
    by: str
    since: str
    reason: str

    def __str__(self) -> str:
        return f"held since {self.since} by {self.by}: {self.reason}"


@dataclass(frozen=True)
class Excuse:
    """Somebody lets releases into a frozen environment, `until` a time."""

    by: str
    since: str
    until: str
    reason: str


@dataclass(frozen=True)
class History:
    """The newest releases of an environment, newest first; `current` is the number of what runs, 0 for nothing."""

    entries: tuple[Entry, ...]
    current: int
    held: Held | None

    def find(self, number: int) -> Entry | None:
        return next((entry for entry in self.entries if entry.number == number), None)


class Ledger(Protocol):
    """One environment's side of the ledger. Every write may be made twice."""

    @property
    def origin(self) -> str:
        """Names the ledger, so that two of them are never mixed up."""

    def number(self, execution: str, above: int = 0) -> int:
        """The number of an execution, given once; anew when it is not `above` what another ledger gave."""

    def open(
        self, number: int, execution: str, release: Release, *, scan: str = UNSCANNED, later: bool = False
    ) -> None:
        """Say that a release begins, before anything of it is written to the cluster; one that writes nothing may be
        told of `later`, with its end."""

    def close(self, number: int, status: Status, summary: str, restored: int = 0) -> None:
        """Say how it ended; `restored` is the release that was gone back to."""

    def find(self, number: int) -> Entry | None:
        """What is known of a release; None when it was never opened here."""

    def supersede(self, number: int, summary: str) -> None:
        """Say that a release came too late, unless it has ended before: a stale delivery rewrites no history."""

    def succeed(self, number: int, summary: str) -> None:
        """Say that it ended well, and is what runs now."""

    def runs(self, number: int) -> None:
        """Say which release runs in the environment now."""

    def held(self, *, numbered: bool = False) -> Held | None:
        """Who stopped the environment, if somebody did; `numbered`: what was seen when a number was given will do."""

    def hold(self, held: Held) -> None:
        """Stop it: later releases end before they change anything."""

    def lift(self) -> None:
        """Let releases go on; where nothing is held, nothing happens."""

    def excused(self) -> Excuse | None:
        """The last excuse from a freeze, whether it has ended or not."""

    def excuse(self, excuse: Excuse) -> None:
        """Let releases in, whatever is frozen."""

    def history(self, count: int) -> History:
        """The newest `count` releases."""


def _image(name: str, pinned: str) -> Image:
    repository, _, digest = pinned.partition("@")
    return Image(name, repository, "release", digest)
