"""What happened, in words: CodePipeline shows 5000 characters of a failure, and a line of a success."""

from collections.abc import Mapping

from deployer.ledger import UNSCANNED
from deployer.release import Release

LONGEST = 5_000
LONGEST_SUMMARY = 2_048
_ORDER = ("created", "configured", "unchanged", "deleted", "skipped")


def counts(found: Mapping[str, int]) -> str:
    """`2 created, 1 configured, 5 unchanged`."""
    told = [f"{found[action]} {action}" for action in _ORDER if found.get(action)]
    return ", ".join(told) or "nothing to do"


def success(number: int, found: Mapping[str, int], scan: str = "") -> str:
    return f"release {number}: {counts(found)}; {scan or UNSCANNED}"


def failure(number: int, environment: str, reason: str, restored: str, remedy: str) -> str:
    """Reason first, then what runs now, then what to do."""
    head = f"Release {number} failed in {environment}."
    return "\n".join(part for part in (head, reason, restored, remedy) if part)


def outputs(number: int, release: Mapping[str, str], scan: str = "") -> dict[str, str]:
    """The action's output variables: digests by image, under names that `#{namespace.NAME}` can hold."""
    digests = {f"digest_{name}": digest for name, digest in release.items()}
    return {"release": str(number), "scan": scan or UNSCANNED, **digests}


def digests(release: Release) -> dict[str, str]:
    return {name: image.digest for name, image in release.images.items()}


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text within a limit: its middle is what goes, since the reason is first and the remedy last."""
    if len(text) <= longest:
        return text
    tail = longest // 3
    head = longest - tail - 5
    return f"{text[:head]}\n…\n{text[-tail:]}"
