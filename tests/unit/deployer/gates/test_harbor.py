"""What Harbor says of a scan, in both forms of its reports, and what it does not say."""

import datetime as dt
from typing import Any

import pytest

from deployer.bump.references import Image
from deployer.errors import Fatal
from deployer.gates.harbor import HarborScans
from deployer.gates.scan import Finding
from deployer.harbor.api import Harbor
from tests.support.harbor import GENERIC, NATIVE, Artifact, FakeHarbor, found, summary
from tests.unit.deployer.harbor.conftest import DIGEST, fake, harbor, image, served

__all__ = ["fake", "harbor", "image", "served"]  # fixtures of the Harbor's own tests
PUSHED = "2026-01-01T12:00:00.000Z"
SOON = dt.datetime(2026, 1, 1, 12, 1, tzinfo=dt.UTC)
LATE = dt.datetime(2026, 1, 1, 13, 0, tzinfo=dt.UTC)


def scans(harbor: Harbor, now: dt.datetime = SOON) -> HarborScans:
    return HarborScans(harbor, lambda: now)


@pytest.mark.parametrize("form", [GENERIC, NATIVE])
def test_findings_with_harbors_severities(fake: FakeHarbor, harbor: Harbor, image: Image, form: str) -> None:
    words = ("Critical", "High", "Medium", "Low", "Negligible", "None", "Unknown", "Appalling")
    report = found(*((f"CVE-{number}", word) for number, word in enumerate(words)))
    fake.hold("shop/web", Artifact(DIGEST, overview={form: summary("Success")}, report={form: report}))
    scan = scans(harbor).of(image, 600)
    assert scan.state == "complete"
    assert scan.findings[0] == Finding("CVE-0", "critical", "openssl 3.0.1")
    rated = ["critical", "high", "medium", "low", "informational", "informational", "", ""]
    assert [finding.severity for finding in scan.findings] == rated


def test_an_image_without_findings_is_scanned(fake: FakeHarbor, harbor: Harbor, image: Image) -> None:
    fake.hold("shop/web", Artifact(DIGEST, overview={GENERIC: summary("Success")}, report={GENERIC: found()}))
    scan = scans(harbor, LATE).of(image, 600)
    assert (scan.state, scan.findings) == ("complete", ())


@pytest.mark.parametrize(
    ("status", "now", "state", "reason"),
    [
        ("Pending", SOON, "pending", "Harbor says Pending"),
        ("Running", SOON, "pending", "Harbor says Running"),
        ("Scheduled", SOON, "pending", "Harbor says Scheduled"),
        ("Running", LATE, "unscanned", "still Running 600 s after the image was pushed"),
        ("Error", SOON, "unscanned", "Harbor says Error"),
        ("Stopped", SOON, "unscanned", "Harbor says Stopped"),
        ("NotScanned", SOON, "unscanned", "Harbor says NotScanned"),
        ("Something new", SOON, "unscanned", "Harbor says Something new"),
        ("", SOON, "unscanned", "Harbor says nothing"),
    ],
)
def test_a_scan_that_is_not_done_tells_nothing(
    fake: FakeHarbor, harbor: Harbor, image: Image, status: str, now: dt.datetime, state: str, reason: str
) -> None:
    fake.hold("shop/web", Artifact(DIGEST, overview={GENERIC: summary(status)}, report={GENERIC: found()}))
    scan = scans(harbor, now).of(image, 600)
    assert scan.state == state
    assert reason in scan.reason


@pytest.mark.parametrize(
    ("artifact", "now", "state", "reason"),
    [
        (Artifact(DIGEST), SOON, "pending", "no scan was made yet"),
        (Artifact(DIGEST), LATE, "unscanned", "let the project scan images when they are pushed"),
        (Artifact(DIGEST, push_time="soon"), SOON, "unscanned", "no scan was made"),
        (Artifact(DIGEST, overview={"application/other": summary("Success")}), LATE, "unscanned", "no scan was made"),
        (Artifact(DIGEST, overview={GENERIC: summary("Success")}), SOON, "unscanned", "no report"),
        (
            Artifact(DIGEST, overview={GENERIC: summary("Success")}, report={GENERIC: {"vulnerabilities": None}}),
            SOON,
            "unscanned",
            "no report",
        ),
        (
            Artifact(DIGEST, overview={GENERIC: summary("Success", complete_percent=50)}, report={GENERIC: found()}),
            SOON,
            "unscanned",
            "Harbor has scanned 50 % of it",
        ),
        (Artifact(f"sha256:{'b' * 64}"), SOON, "unscanned", "does not have the image"),
    ],
)
def test_what_nobody_has_scanned_is_not_clean(
    fake: FakeHarbor, harbor: Harbor, image: Image, artifact: Any, now: dt.datetime, state: str, reason: str
) -> None:
    fake.hold("shop/web", artifact)
    scan = scans(harbor, now).of(image, 600)
    assert scan.state == state
    assert reason in scan.reason


def test_a_right_that_is_missing_is_told_with_the_remedy(fake: FakeHarbor, harbor: Harbor, image: Image) -> None:
    fake.hold("shop/web", Artifact(DIGEST, overview={GENERIC: summary("Success")}, report={GENERIC: found()}))
    fake.rights = ("artifact",)
    with pytest.raises(Fatal, match=r"answers 403: forbidden: \. The robot that pulls lacks a right") as caught:
        scans(harbor).of(image, 600)
    assert caught.value.kind == "PermissionError"
