"""Times in which an environment takes nothing new.

What ran there before may come back, since that is how one gets out of trouble; and what a person has let in, may.
"""

import datetime as dt

from deployer.errors import Stopped
from deployer.ledger import MOST_ENTRIES, Ledger
from deployer.release import Release
from deployer.report.words import shortened
from deployer.values import dataclass

LONGEST_WARNING = 140  # characters of what is said before a summary


@dataclass(frozen=True)
class Freeze:
    """From `begins` on, and no longer at `ends`."""

    begins: dt.datetime
    ends: dt.datetime
    reason: str

    def __str__(self) -> str:
        return f"frozen until {self.ends:%Y-%m-%d %H:%M} UTC: {self.reason}"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def frozen(freezes: tuple[Freeze, ...], ledger: Ledger, at: dt.datetime) -> Freeze | None:
    """The one that holds, of several the one that ends last; None while somebody has let releases in."""
    holding = [freeze for freeze in freezes if freeze.begins <= at < freeze.ends]
    if not holding:
        return None
    excuse = ledger.excused()
    if excuse and at < dt.datetime.fromisoformat(excuse.until):
        return None
    return max(holding, key=lambda freeze: freeze.ends)


def pass_freeze(freezes: tuple[Freeze, ...], ledger: Ledger, release: Release, at: dt.datetime) -> None:
    """Stopped for a release that the environment has not run, while it is frozen."""
    freeze = frozen(freezes, ledger, at)
    if freeze is None or _ran(ledger, release):
        return
    raise Stopped(
        f"The environment is {freeze}.",
        remedy='Next: retry after that; what cannot wait: `shipline lift --freeze --reason "…"`, then retry.',
    )


def in_the_way(ledger: Ledger, freezes: tuple[Freeze, ...]) -> str:
    """That a person holds the environment, or that it is frozen: what is approved would stop there. "" when it is
    free."""
    held = ledger.held()
    freeze = frozen(freezes, ledger, now())
    if not (held or freeze):
        return ""
    told = shortened(f"The environment is {held or freeze}", LONGEST_WARNING)
    return f"{' '.join(told.split())}. First: shipline lift{'' if held else ' --freeze'}. "


def _ran(ledger: Ledger, release: Release) -> bool:
    images = {name: image.pinned for name, image in release.images.items()}
    before = ledger.history(MOST_ENTRIES).entries
    return any(
        entry.status == "Succeeded" and (entry.commit, entry.images) == (release.commit, images) for entry in before
    )
