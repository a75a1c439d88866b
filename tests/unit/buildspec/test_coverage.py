"""The coverage gate, as the buildspec runs it: the step `test` with a command that writes a report."""

import json

import pytest

from tests.unit.buildspec.conftest import Sources

HEAD = '<?xml version="1.0" ?>\n<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">\n'


def line(number: int, hits: int, branches: str = "") -> str:
    condition = f' branch="true" condition-coverage="50% ({branches})"' if branches else ""
    return f'<line number="{number}" hits="{hits}"{condition}/>'


def report(*lines: str, file: str = "web.py", methods: str = "") -> str:
    known = f'<class filename="{file}"><methods>{methods}</methods><lines>{"".join(lines)}</lines></class>'
    return f"{HEAD}<coverage><packages><package><classes>{known}</classes></package></packages></coverage>\n"


def judged(sources: Sources, text: str, **asked: int) -> tuple[int, str, str]:
    """Status, output and last words of the tests whose report is `text`."""
    (sources.answers / "report").write_text(text)
    done = sources.step(
        "test",
        SHIPLINE_TEST='cat "$STAND_IN/report" > coverage.xml',
        SHIPLINE_COVERAGE=json.dumps({"lines": None, "branches": None, "report": "coverage.xml", **asked}),
    )
    return done.returncode, done.stdout, done.stderr


def test_enough_coverage_is_told_and_shown_to_codebuild(sources: Sources) -> None:
    text = report(line(1, 1), line(2, 3, "1/2"), line(3, 0))
    status, told, _ = judged(sources, text, lines=66, branches=50)
    assert status == 0
    assert "coverage: lines 66.6 % of 66 % (coverage.xml)\n" in told
    assert "coverage: branches 50.0 % of 50 % (coverage.xml)\n" in told
    assert (sources.root / ".shipline/coverage/coverage.xml").read_text() == text


def test_each_figure_that_is_too_low_fails_the_step(sources: Sources) -> None:
    status, told, words = judged(sources, report(line(1, 1), line(2, 1, "1/4"), line(3, 0)), lines=67, branches=70)
    assert status == 1
    assert "coverage: lines 66.6 % of 67 % (coverage.xml)" in told
    assert words.splitlines()[-3:] == [
        "shipline test: the tests cover too little:",
        "lines 66.6 % of 67 % (coverage.xml)",
        "branches 25.0 % of 70 % (coverage.xml)",
    ]
    assert (sources.root / ".shipline/coverage/coverage.xml").is_file()


def test_what_is_not_asked_for_is_told_alone(sources: Sources) -> None:
    status, told, _ = judged(sources, report(line(1, 1), line(2, 1, "1/2")), lines=100)
    assert status == 0
    assert "coverage: branches 50.0 % (coverage.xml)" in told


def test_a_figure_just_below_does_not_look_like_enough(sources: Sources) -> None:
    lines = [line(number, int(number > 1)) for number in range(1, 2001)]
    status, _, words = judged(sources, report(*lines), lines=100)
    assert status == 1
    assert "lines 99.9 % of 100 %" in words


def test_a_line_that_is_told_twice_counts_once(sources: Sources) -> None:
    methods = f"<method><lines>{line(1, 1)}{line(2, 0)}</lines></method>"
    _, told, _ = judged(sources, report(line(1, 1), line(2, 0), line(3, 0), methods=methods), lines=33)
    assert "coverage: lines 33.3 % of 33 %" in told


LAUGHS = '<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><coverage><line number="1" hits="&b;"/></coverage>'
UNREADABLE = {
    "no xml": ("lines: 80", "cannot be read: it is not XML"),
    "cut short": (report(line(1, 1))[:-20], "cannot be read: it is not XML"),
    "empty": ("", "cannot be read: it is not XML"),
    "of another kind": ("<testsuite/>", "cannot be read: it is not Cobertura's: its root is testsuite"),
    "entities": (LAUGHS, "cannot be read: it declares the entity a"),
    "an external entity": (
        '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><coverage>&x;</coverage>', "it declares the entity x",
    ),
    "no number": ('<coverage><line hits="1"/></coverage>', "a line of no file has no number or no hits"),
    "hits in words": ('<coverage><line number="1" hits="many"/></coverage>', "has no number or no hits"),
    "more than all": (report(line(1, 1, "3/2")), "line 1 of web.py ran 3 of 2 branches"),
    "no lines": ("<coverage/>", "lines are not in coverage.xml, and 80 % are asked for"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_report_that_tells_nothing_fails_the_step(case: str, sources: Sources) -> None:
    text, said = UNREADABLE[case]
    status, _, words = judged(sources, text, lines=80)
    assert status == 1
    assert said in words
    assert "Traceback" not in words


def test_branches_that_nobody_measured_are_not_enough(sources: Sources) -> None:
    status, _, words = judged(sources, report(line(1, 1)), branches=1)
    assert status == 1
    assert "branches are not in coverage.xml, and 1 % are asked for" in words


def test_a_report_beyond_the_largest_size_is_not_read(sources: Sources) -> None:
    done = sources.step(
        "test",
        SHIPLINE_TEST="truncate -s 65M coverage.xml",
        SHIPLINE_COVERAGE='{"lines": 80, "branches": null, "report": "coverage.xml"}',
    )
    assert done.returncode == 1
    assert "it is larger than 64 MiB" in done.stderr


def test_a_report_that_the_tests_did_not_write_is_not_theirs(sources: Sources) -> None:
    asked = '{"lines": 80, "branches": null, "report": "coverage.xml"}'
    missing = sources.step("test", SHIPLINE_TEST="true", SHIPLINE_COVERAGE=asked)
    assert missing.returncode == 1
    assert "there is no coverage report coverage.xml" in missing.stderr
    sources.write("coverage.xml", report(line(1, 1)))
    stale = sources.step("test", SHIPLINE_TEST="true", SHIPLINE_COVERAGE=asked)
    assert stale.returncode == 1
    assert "is not of these tests" in stale.stderr
    assert not (sources.root / ".shipline/coverage").exists()
