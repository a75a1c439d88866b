"""The benchmark's arithmetic: what of a release is ours, and which folder a line belongs to."""

from pathlib import PurePosixPath

import pytest

from bench.figures import middle
from bench.lines import folder
from bench.release import Action, Release, cell, figures

RELEASE = Release(
    total=30.0,
    memory=1,
    actions=(
        Action("Source / Source", "Source", 0.1, 0.0),
        Action("Build / Build", "Build", 8.0, 7.5),
        Action("dev / Deploy", "Invoke", 2.0, 0.0),
        Action("dev / Verify", "Test", 3.0, 2.5),
        Action("prod-approval / Approve", "Approval", 10.0, 0.0),
    ),
)


def test_ours_is_what_commands_and_people_leave() -> None:
    assert (RELEASE.build, RELEASE.verification, RELEASE.approval) == (7.5, 2.5, 10.0)
    assert RELEASE.ours == pytest.approx(10.0)


def test_the_goal_stands_beside_its_figure() -> None:
    assert figures([RELEASE])[-1].value == "10.0 s"
    assert figures([RELEASE])[-1].goal == "10 s"


def test_one_slow_run_does_not_count() -> None:
    assert middle([9.0, 90.0, 8.0]) == 9.0


def test_only_builds_show_the_time_of_their_commands() -> None:
    assert [cell(each) for each in RELEASE.actions[:2]] == ["0.1", "8.0 (7.5)"]


@pytest.mark.parametrize(
    ("path", "named"),
    [("local/git/api.py", "local/git"), ("local/wire.py", "local"), ("cli/verbs/up.py", "cli"), ("app.py", ".")],
)
def test_rooms_are_counted_one_by_one(path: str, named: str) -> None:
    assert folder(PurePosixPath(path)) == named
