"""Scans of images, judged: what stops a release, what is waited for, and what is told."""

import datetime as dt

import pytest

from deployer.gates.scan import Finding, Policy, Scan, Waiver, judge, severity_of

TODAY = dt.date(2026, 3, 1)
HIGH = Finding("CVE-2026-1", "high", "openssl")
LOW = Finding("CVE-2026-2", "low", "zlib")
UNRATED = Finding("CVE-2026-3", "")


def scanned(*findings: Finding) -> Scan:
    return Scan("complete", findings)


def waiver(until: dt.date, image: str = "", name: str = HIGH.name) -> Waiver:
    return Waiver(name, "ann", "not reachable", until, image)


def test_what_is_below_the_line_passes_and_is_told():
    found = judge(Policy("high"), [], {"web": scanned(LOW), "api": scanned(LOW)}, TODAY)
    assert (found.blocked, found.pending, found.told) == ((), (), "scanned: 2 low")


def test_what_reaches_the_line_stops_with_its_name_and_package():
    found = judge(Policy("high"), [], {"web": scanned(LOW, HIGH), "api": scanned()}, TODAY)
    assert found.blocked == ("image web: CVE-2026-1 (high, openssl)",)


@pytest.mark.parametrize(("unscanned", "stops"), [("block", True), ("allow", False)])
@pytest.mark.parametrize("scan", [Scan("unscanned", reason="no scan was made"), scanned(UNRATED)])
def test_what_nobody_has_looked_at_is_not_clean(scan: Scan, unscanned: str, stops: bool):
    found = judge(Policy("critical", unscanned), [], {"web": scan}, TODAY)  # type: ignore[arg-type]
    assert bool(found.blocked) is stops


def test_a_scan_at_work_is_waited_for_and_stops_nothing_yet():
    found = judge(Policy("high"), [], {"web": Scan("pending", reason="IN_PROGRESS")}, TODAY)
    assert (found.blocked, found.pending, found.told) == ((), ("web",), "not scanned")


@pytest.mark.parametrize(
    ("waived", "stops"),
    [
        (waiver(TODAY), False),
        (waiver(TODAY, "web"), False),
        (waiver(TODAY, "api"), True),
        (waiver(TODAY, name="CVE-2026-9"), True),
    ],
)
def test_an_exception_covers_its_finding_in_its_image_until_its_day(waived: Waiver, stops: bool):
    found = judge(Policy("high"), [waived], {"web": scanned(HIGH)}, TODAY)
    assert bool(found.blocked) is stops
    assert found.told == ("scanned: 1 high" if stops else "scanned: 1 high, 1 waived")


def test_an_exception_that_has_ended_stops_and_names_whose_it_was():
    found = judge(Policy("high"), [waiver(dt.date(2026, 2, 28))], {"web": scanned(HIGH)}, TODAY)
    assert found.blocked == ("image web: CVE-2026-1 (high, openssl) whose exception of ann ended on 2026-02-28",)


def test_the_worst_are_told_first_and_only_some_of_many():
    many = [Finding(f"CVE-2026-{number}", "high") for number in range(10, 16)]
    found = judge(Policy("low"), [], {"web": scanned(LOW, UNRATED, *many, Finding("CVE-2026-99", "critical"))}, TODAY)
    (line,) = found.blocked
    assert line.startswith("image web: CVE-2026-99 (critical), CVE-2026-10 (high)")
    assert line.endswith(" and 4 more")
    assert found.told == "scanned: 1 critical, 6 high, 1 low, 1 unrated"


def test_some_images_of_a_release_may_be_unscanned():
    found = judge(Policy("high", "allow"), [], {"web": scanned(LOW), "api": Scan("unscanned", reason="-")}, TODAY)
    assert found.told == "scanned: 1 low, 1 of 2 images not scanned"


@pytest.mark.parametrize(
    ("word", "severity"), [("HIGH", "high"), ("UNDEFINED", ""), ("UNTRIAGED", ""), ("DREADFUL", "")]
)
def test_words_of_ecr(word: str, severity: str):
    assert severity_of(word) == severity
