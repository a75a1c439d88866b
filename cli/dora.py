"""DORA's five measures of one environment, from its ledger: records in, numbers out.

A release began when its record has a start: one that was refused, held or superseded changed nothing, and counts
nowhere. Nor does one that brings what runs already, as CodePipeline's rollback does behind the deployer's own.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from cli.ledger import Release

WEEK = dt.timedelta(weeks=1)
DEFINITIONS = {
    "deployment frequency": "deployments per week: releases that succeeded and brought another commit than ran before.",
    "lead time for changes": "from when a commit was written to when it first ran: the median.",
    "change failure rate": "of the new commits whose release began, the share that failed or was taken back.",
    "time to restore": "from when a failed change began to when a good release ran again: the median.",
    "rework rate": "of the deployments, the share that went back or came next after a failed change.",
}


@dataclass(frozen=True)
class Measures:
    """Times in seconds, rates from 0 to 1; None where there is nothing to measure."""

    deployments: int
    per_week: float
    lead_time: float | None
    lead_times: int  # that the median is of
    change_failure_rate: float | None
    changes: int
    failed_changes: int
    time_to_restore: float | None
    restored: int
    not_restored: int
    rework_rate: float | None
    rework: int


@dataclass
class Began:
    """A release that began, and what the others say of it."""

    release: Release
    first: bool = False  # of its commit, that ran
    again: bool = False  # what runs already
    back: bool = False  # to a commit that ran before
    failed: bool = False  # by itself, or taken back
    rework: bool = False
    good_again: dt.datetime | None = None  # of a failed one

    @property
    def ran(self) -> bool:
        return self.release.status == "Succeeded"

    @property
    def started(self) -> dt.datetime:
        return moment(self.release.started)

    @property
    def finished(self) -> dt.datetime:
        return moment(self.release.finished)

    @property
    def lead_time(self) -> float | None:
        if not (self.first and self.release.authored):
            return None
        try:
            written = moment(self.release.authored)
        except ValueError:
            return None
        return max(0.0, (self.finished - written).total_seconds())

    @property
    def outage(self) -> float | None:
        return (self.good_again - self.started).total_seconds() if self.good_again else None


def measure(releases: Sequence[Release], since: dt.datetime, now: dt.datetime) -> Measures | None:
    """Of what ended from `since` to `now`; None where nothing began. `releases` are all that are known, in any order:
    the older ones tell what a commit that is released again is."""
    told = [each for each in history(releases) if not each.again and since <= each.finished <= now]
    if not told:
        return None
    ran = [each for each in told if each.ran]
    changes = [each for each in told if not each.back]
    failed = [each for each in changes if each.failed]
    leads = [lead for each in ran if (lead := each.lead_time) is not None]
    outages = [outage for each in failed if (outage := each.outage) is not None]
    rework = sum(each.rework for each in ran)
    return Measures(
        deployments=len(ran),
        per_week=len(ran) * WEEK / (now - since),
        lead_time=median(leads) if leads else None,
        lead_times=len(leads),
        change_failure_rate=len(failed) / len(changes) if changes else None,
        changes=len(changes),
        failed_changes=len(failed),
        time_to_restore=median(outages) if outages else None,
        restored=len(outages),
        not_restored=len(failed) - len(outages),
        rework_rate=rework / len(ran) if ran else None,
        rework=rework,
    )


def history(releases: Sequence[Release]) -> list[Began]:
    """Those that began and ended, in the order of their numbers."""
    told = list(_began(releases))
    ran_before: set[tuple[str, ...]] = set()
    running: Began | None = None
    bad: list[Began] = []  # since the last deployment
    for each in told:
        if not each.ran:
            each.failed = True
            if each.release.restored:
                each.good_again = each.finished
            bad.append(each)
            continue
        this = _content(each.release)
        each.first = this not in ran_before
        each.again = running is not None and this == _content(running.release)
        each.back = not each.first and not each.again
        if each.back and running and not running.back:
            running.failed = True
            bad.append(running)
        for other in bad:
            other.good_again = other.good_again or each.finished
        if not each.again:
            each.rework, bad, running = bool(bad), [], each
        ran_before.add(this)
    return told


def _began(releases: Sequence[Release]) -> Iterator[Began]:
    for release in sorted(releases, key=lambda each: each.number):
        if release.started and release.finished and release.status in ("Succeeded", "Failed"):
            yield Began(release)


def _content(release: Release) -> tuple[str, ...]:
    """What a release is of: its commit, and its images where somebody released without a commit."""
    return (release.commit,) if release.commit else tuple(sorted(release.images.values()))


def moment(text: str) -> dt.datetime:
    """ValueError for what is no ISO 8601 time of a known zone."""
    when = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if when.tzinfo is None:
        raise ValueError(f"{text} says no zone")
    return when
