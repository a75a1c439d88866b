"""The gate as a whole: the file of exceptions, all that stops at once, and scans that are not done yet."""

import datetime as dt
from pathlib import Path

import pytest

from deployer.bump.references import Image
from deployer.errors import AtWork, Fatal
from deployer.gates.exceptions import read_waivers
from deployer.gates.passing import pass_scans
from deployer.gates.scan import Finding, Policy, Scan

HIGH = Scan("complete", (Finding("CVE-2026-1", "high"),))
CLEAN = Scan("complete")
AT_WORK = Scan("pending", reason="IN_PROGRESS")
FILE = "- {id: CVE-2026-1, owner: ann, reason: nothing calls it, expires: 2026-12-31}\n"


class Known:
    """Scans by the image's name."""

    def __init__(self, **scans: Scan) -> None:
        self.scans = scans

    def of(self, image: Image, within: float) -> Scan:
        return self.scans[image.name]


def passed(folder: Path, policy: Policy | None = None, **scans: Scan) -> str:
    images = [Image(name, f"host/shop/{name}", "v1", "sha256:" + "a" * 64) for name in scans]
    return pass_scans(policy or Policy("high"), Known(**scans), images, folder, lambda: dt.date(2026, 3, 1))


def test_clean_images_pass(tmp_path: Path):
    assert passed(tmp_path, web=CLEAN, api=CLEAN) == "scanned: nothing found"


def test_every_image_that_stops_is_named_even_where_another_scan_is_at_work(tmp_path: Path):
    with pytest.raises(Fatal) as caught:
        passed(tmp_path, web=HIGH, api=Scan("unscanned", reason="no scan was made"), cron=AT_WORK)
    assert "scan: image web: CVE-2026-1 (high)\nimage api is not scanned: no scan was made" in str(caught.value)
    assert "Mend it and push, or add an exception" in str(caught.value)


def test_a_scan_at_work_is_no_failure_of_the_release(tmp_path: Path):
    with pytest.raises(AtWork, match=r"still at work: api"):
        passed(tmp_path, web=CLEAN, api=AT_WORK)


def test_exceptions_come_with_the_release(tmp_path: Path):
    (tmp_path / "exceptions.yaml").write_text(FILE)
    assert passed(tmp_path, Policy("high", exceptions="exceptions.yaml"), web=HIGH) == "scanned: 1 high, 1 waived"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "it is not in the artifact"),
        ("a: b", "it is not a list"),
        ("- CVE-2026-1", "exception 1 is not a mapping"),
        ("- {id: CVE-2026-1, owner: ann}", "exception 1 lacks reason, expires"),
        (FILE + "- {id: a, owner: b, reason: c, expires: 2026-01-01, until: x}", "exception 2 has a key until"),
        ("- {id: a, owner: b, reason: c, expires: soon}", "expires soon, which is not a day"),
        ("- {id: a, owner: b, reason: c, expires: 2026-02-30}", "day is out of range"),
        ("- [", "while parsing"),
    ],
)
def test_a_file_that_is_not_right_stops_the_release(tmp_path: Path, text: str | None, said: str):
    if text is not None:
        (tmp_path / "exceptions.yaml").write_text(text)
    with pytest.raises(Fatal, match=r"exceptions\.yaml: ") as caught:
        read_waivers(tmp_path, "exceptions.yaml")
    assert said in str(caught.value)


def test_an_empty_file_holds_no_exceptions(tmp_path: Path):
    (tmp_path / "exceptions.yaml").write_text("# none\n")
    assert read_waivers(tmp_path, "exceptions.yaml") == []
