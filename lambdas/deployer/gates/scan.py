"""What the registry's scan has found in an image, judged by the environment's policy. Pure.

A scan that was not made, that is not made of such images, or whose findings nobody has rated yet says nothing about an
image: it counts as unscanned, and what is unscanned is not clean.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from deployer.values import dataclass

Severity = Literal["informational", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("informational", "low", "medium", "high", "critical")
State = Literal["complete", "pending", "unscanned"]
MOST_TOLD = 5


@dataclass(frozen=True)
class Finding:
    """`severity` is empty where nobody has rated it yet."""

    name: str  # CVE-2026-1234
    severity: Severity | Literal[""]
    package: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.severity or 'unrated'}{', ' + self.package if self.package else ''})"


@dataclass(frozen=True)
class Scan:
    """`reason`: why there are no findings to be had, or not yet."""

    state: State
    findings: tuple[Finding, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Waiver:
    """A finding that somebody answers for, until a day: that day is the last one."""

    name: str
    owner: str
    reason: str
    until: dt.date
    image: str = ""  # empty: of every image

    def covers(self, finding: Finding, image: str) -> bool:
        return self.name == finding.name and self.image in ("", image)


@dataclass(frozen=True)
class Policy:
    """`block`: the least severity that stops a release; `exceptions`: the artifact's file of waivers, if any; `within`:
    seconds that a scan may take, counted from the image's push."""

    block: Severity
    unscanned: Literal["block", "allow"] = "block"
    exceptions: str = ""
    within: float = 600.0
    indexes: tuple[str, ...] = ()  # images that are built for several platforms


@dataclass(frozen=True)
class Judgement:
    """`blocked`: what stops the release, an image a line; `pending`: the images whose scans are still at work."""

    blocked: tuple[str, ...]
    pending: tuple[str, ...]
    told: str  # of all images: `2 high, 14 low, 1 waived` or `not scanned`


def judge(policy: Policy, waivers: Sequence[Waiver], scans: Mapping[str, Scan], today: dt.date) -> Judgement:
    """`scans` by the image's name."""
    blocked: list[str] = []
    waived = 0
    for image, scan in scans.items():
        if scan.state == "complete":
            bad = [each for each in scan.findings if _counts(policy, each)]
            open_ = [each for each in bad if not _covered(waivers, each, image, today)]
            waived += len(bad) - len(open_)
            if open_:
                blocked.append(f"image {image}: {_listed(waivers, open_, image)}")
        elif scan.state == "unscanned" and policy.unscanned == "block":
            blocked.append(f"image {image} is not scanned: {scan.reason}")
    pending = tuple(image for image, scan in scans.items() if scan.state == "pending")
    return Judgement(tuple(blocked), pending, told(scans.values(), waived))


def told(scans: Iterable[Scan], waived: int = 0) -> str:
    """The findings of all images by severity, worst first; and how many images nothing is known of."""
    known = list(scans)
    missing = sum(scan.state != "complete" for scan in known)
    if not known or missing == len(known):
        return "not scanned"
    found = Counter(finding.severity for scan in known for finding in scan.findings)
    words = [f"{found[severity]} {severity}" for severity in reversed(SEVERITIES) if found[severity]]
    words += [f"{found['']} unrated"] if found[""] else []
    words += [f"{waived} waived"] if waived else []
    words += [f"{missing} of {len(known)} images not scanned"] if missing else []
    return "scanned: " + (", ".join(words) or "nothing found")


def united(scans: Mapping[str, Scan]) -> Scan:
    """What is known of several images as of one, by platform: as much as is known of all."""
    for state in ("unscanned", "pending"):
        if reasons := [f"{name}: {scan.reason}" for name, scan in scans.items() if scan.state == state]:
            return Scan(state, reason="; ".join(reasons))
    return Scan("complete", tuple(dict.fromkeys(finding for scan in scans.values() for finding in scan.findings)))


def severity_of(word: str) -> Severity | Literal[""]:
    """ECR's word; what it does not rate (UNDEFINED, UNTRIAGED), and a word of tomorrow, is unrated."""
    return next((severity for severity in SEVERITIES if severity == word.lower()), "")


def _counts(policy: Policy, finding: Finding) -> bool:
    if not finding.severity:
        return policy.unscanned == "block"
    return SEVERITIES.index(finding.severity) >= SEVERITIES.index(policy.block)


def _covered(waivers: Iterable[Waiver], finding: Finding, image: str, today: dt.date) -> bool:
    return any(waiver.covers(finding, image) and today <= waiver.until for waiver in waivers)


def _listed(waivers: Sequence[Waiver], findings: list[Finding], image: str) -> str:
    worst = sorted(findings, key=lambda each: -SEVERITIES.index(each.severity) if each.severity else 1)
    words = [f"{each}{_expired(waivers, each, image)}" for each in worst[:MOST_TOLD]]
    more = f" and {len(worst) - MOST_TOLD} more" if len(worst) > MOST_TOLD else ""
    return ", ".join(words) + more


def _expired(waivers: Sequence[Waiver], finding: Finding, image: str) -> str:
    """Said of one that was waived: whoever waived it should know."""
    ended = [waiver for waiver in waivers if waiver.covers(finding, image)]
    return f" whose exception of {ended[-1].owner} ended on {ended[-1].until}" if ended else ""
