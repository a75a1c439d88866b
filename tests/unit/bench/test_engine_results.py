"""The arithmetic of the comparisons, and the shape of what is left behind."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.engine.goals import Goal, compared
from bench.engine.main import NAMES, main, minutes
from bench.engine.page import Page, write
from bench.engine.plan import Plan
from bench.engine.plot import across
from bench.engine.process import ProgramFailed, Ran
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.engine.table import amount, cells, times
from bench.engine.works.lag import percentile


def ran(seconds: float, waited: float = 0.0) -> Ran:
    return Ran(began=10.0, ended=10.0 + seconds, code=0, memory=50_000_000, cpu=0.1, output="", waited=waited)


def failing() -> Ran:
    raise ProgramFailed("helm upgrade: exit code 1\n  Error: context deadline exceeded")


def sampled() -> Samples:
    samples = Samples()
    for seconds in (0.3, 0.2, 9.0):
        samples.measure("noop", "shipline", lambda took=seconds: ran(took + 1.0, waited=1.0))  # type: ignore[misc]
    for seconds in (10.0, 12.0, 11.0):
        samples.measure("noop", "kubectl", lambda took=seconds: ran(took))  # type: ignore[misc]
    samples.measure("noop", "helm", lambda: ran(20.0))
    samples.measure("noop", "helm", failing)
    return samples


@pytest.mark.parametrize(
    ("ours", "theirs", "goal", "ratio", "met"),
    [
        (0.2, 10.0, 45, 50.0, True),
        (0.25, 10.0, 45, 40.0, False),
        (1.3, 1.0, 1 / 1.3, 1 / 1.3, True),  # "at most 1.3 times as long"
        (1.31, 1.0, 1 / 1.3, 1 / 1.31, False),
        (0.0, 0.0, 1, 1, True),  # "none at all"
        (5.0, 0.0, 1, 0.0, False),
    ],
)
def test_a_ratio_is_theirs_by_ours_and_a_goal_is_its_least(
    ours: float, theirs: float, goal: float, ratio: float, met: bool
) -> None:
    comparison = Comparison("work", "them", ours, theirs, "s", goal)

    assert comparison.ratio == pytest.approx(ratio)
    assert comparison.met is met


def test_medians_are_compared_without_our_waiting_which_is_told() -> None:
    comparison = compared(Goal("noop", "kubectl", 45), "nothing changed", sampled())

    assert (comparison.ours, comparison.theirs) == (pytest.approx(0.3), pytest.approx(11.0))
    assert not comparison.met
    assert comparison.note == "until all is healthy, too: 1.30 s"


def test_a_tool_that_failed_once_has_no_figure_but_a_reason() -> None:
    samples = sampled()
    comparison = compared(Goal("noop", "helm", 110), "nothing changed", samples)

    assert samples.failed("helm")
    assert (comparison.theirs, comparison.ratio, comparison.met) == (None, None, False)
    assert "helm failed: Error: context deadline exceeded" in comparison.note


def test_a_tool_that_is_not_there_is_said_to_be_missing() -> None:
    assert compared(Goal("noop", "kapp", 13), "nothing changed", sampled()).note.startswith("kapp was not measured")


def test_what_is_left_behind_can_be_read_by_programs_and_by_people(tmp_path: Path) -> None:
    comparisons = [
        Comparison("a <work>", "kubectl", 0.2, 10.0, "s", 45),
        Comparison("b", "kapp", None, 1.0, "s", 2, "no"),
    ]
    samples = sampled()
    samples.tables["Requests"] = (("N", "reads"), ("100", "9"))
    page = Page(tmp_path / "latest", Plan(), samples, [], {"Machine": {"processor": "2 x A"}}, comparisons)

    write(page)

    (first, second) = json.loads((tmp_path / "latest.json").read_text())
    assert {name: first[name] for name in ("work", "against", "ratio", "goal", "met")} == {
        "work": "a <work>", "against": "kubectl", "ratio": 50.0, "goal": 45, "met": True,
    }  # fmt: skip
    assert (second["ratio"], second["met"], second["note"]) == (None, False, "no")
    assert json.loads((tmp_path / "latest.machine.json").read_text()) == {"Machine": {"processor": "2 x A"}}
    text = (tmp_path / "latest.md").read_text()
    assert "| a <work> | 200 ms | kubectl | 10.00 s | 50× | ≥ 45× | ✓ |" in text
    assert "1 of 2 goals are met." in text
    assert "context deadline exceeded" in text
    assert "| 100 | 9 |" in text
    ElementTree.fromstring((tmp_path / "latest.svg").read_text())


def test_the_scale_of_the_picture_is_logarithmic() -> None:
    assert across(10) - across(1) == pytest.approx(across(100) - across(10))
    assert across(1e9) == across(2000)


def test_figures_have_as_many_digits_as_mean_something() -> None:
    assert [amount(each, "s") for each in (0.0123, 0.25, 11.654)] == ["12.3 ms", "250 ms", "11.65 s"]
    assert [times(each) for each in (110.0, 13.0, 3.5, 0.769)] == ["110×", "13×", "3.5×", "0.77×"]
    assert cells(Comparison("w", "a", None, None, "s", 2))[1:5] == ("-", "a", "-", "-")


def test_a_percentile_of_few_runs_is_the_worst_of_them() -> None:
    assert percentile([0.03, 0.01, 0.02], 0.99) == 0.03
    assert percentile([float(number) for number in range(200)], 0.99) == 198.0


def test_the_estimate_follows_the_size_of_what_is_measured() -> None:
    assert minutes(Plan(runs=1, objects=100), frozenset({"noop"})) == pytest.approx(0.09)
    assert 30 < minutes(Plan(), frozenset(NAMES)) < 60


def test_a_work_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "noop,nothing"])

    assert "no such work: nothing" in capsys.readouterr().err
