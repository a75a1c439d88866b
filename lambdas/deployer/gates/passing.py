"""A release's images before its environment's policy."""

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

from deployer.bump.references import Image
from deployer.errors import AtWork, Fatal
from deployer.gates.exceptions import read_waivers
from deployer.gates.scan import Policy, judge
from deployer.world import Scans


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def pass_scans(
    policy: Policy, scans: Scans, images: Iterable[Image], artifact: Path, day: Callable[[], dt.date] = today
) -> str:
    """What the scans of all images found, in a few words.

    Fatal with every image that the policy stops; AtWork when nothing is wrong so far, and some are not done.
    """
    waivers = read_waivers(artifact, policy.exceptions) if policy.exceptions else []
    found = judge(policy, waivers, {image.name: scans.of(image, policy.within) for image in images}, day())
    if found.blocked:
        raise Fatal(
            "\n".join(found.blocked) + ".",
            subject="scan",
            remedy="Mend it and push, or add an exception with its owner, reason and last day.",
        )
    if found.pending:
        raise AtWork(f"still at work: {', '.join(found.pending)}", subject="scan", remedy="")
    return found.told
