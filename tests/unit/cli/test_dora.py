"""DORA's measures, by table: what the ledger holds, and what it comes to."""

import argparse
import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from cli.dora import DEFINITIONS, history, measure
from cli.errors import OK, CommandError
from cli.ledger import Release
from cli.verbs.dora import lasting, span, spelled
from local.settings import CHECKOUT
from tests.unit.cli.fakes import FakeCodePipeline, FakeDynamoDB, Screen

NOW = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
SINCE = NOW - dt.timedelta(days=28)
ZERO = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
HOUR = 3600.0


def at(hours: float, zero: dt.datetime = ZERO) -> str:
    return (zero + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ok(number: int, commit: str, begins: float | None = None, **more: Any) -> Release:
    """Ten hours after the one before, for an hour, of a commit that was written two hours before it began."""
    begins = number * 10 if begins is None else begins
    made = Release(
        number=number,
        environment="prod",
        status="Succeeded",
        commit=commit,
        message="",
        author="Ann",
        branch="main",
        execution=f"e{number}",
        started=at(begins),
        finished=at(begins + 1),
        summary="",
        scan="",
        authored=at(begins - 2),
        images={"web": f"h/shop/web@sha256:{commit}"},
        restored=None,
        current=False,
    )
    return replace(made, **more)


def bad(number: int, commit: str, restored: int | None = None, **more: Any) -> Release:
    return ok(number, commit, status="Failed", restored=restored, **more)


STORIES: dict[str, tuple[list[Release], dict[str, Any]]] = {
    "one release": (
        [ok(1, "a")],
        {"deployments": 1, "per_week": 0.25, "lead_time": 3 * HOUR, "lead_times": 1, "change_failure_rate": 0.0,
         "changes": 1, "failed_changes": 0, "time_to_restore": None, "rework_rate": 0.0},
    ),
    "one that failed and was taken back at once, and then a fix": (
        [ok(1, "a"), bad(2, "b", restored=1), ok(3, "c"), ok(4, "d")],
        {"deployments": 3, "changes": 4, "failed_changes": 1, "change_failure_rate": 0.25, "time_to_restore": HOUR,
         "restored": 1, "not_restored": 0, "rework": 1, "rework_rate": 1 / 3},
    ),
    "CodePipeline's rollback behind the deployer's own brings nothing": (
        [ok(1, "a"), bad(2, "b", restored=1), ok(3, "a"), ok(4, "c")],
        {"deployments": 2, "changes": 3, "failed_changes": 1, "time_to_restore": HOUR, "rework": 1},
    ),
    "one that ran, and was rolled back by a person": (
        [ok(1, "a"), ok(2, "b"), ok(3, "a"), ok(4, "c")],
        {"deployments": 4, "changes": 3, "failed_changes": 1, "change_failure_rate": 1 / 3,
         "time_to_restore": 11 * HOUR, "restored": 1, "rework": 1, "rework_rate": 0.25, "lead_times": 3},
    ),
    "back twice: the release before the last was the failure too": (
        [ok(1, "a"), ok(2, "b"), ok(3, "c"), ok(4, "b"), ok(5, "a")],
        {"deployments": 5, "changes": 3, "failed_changes": 1, "rework": 1},
    ),
    "the first one fails, and nothing is there to go back to": (
        [bad(1, "a"), bad(2, "b"), ok(3, "c")],
        {"deployments": 1, "changes": 3, "failed_changes": 2, "time_to_restore": 16 * HOUR, "restored": 2, "rework": 1},
    ),
    "not mended yet": (
        [ok(1, "a"), bad(2, "b")],
        {"failed_changes": 1, "time_to_restore": None, "restored": 0, "not_restored": 1, "rework": 0},
    ),
    "only failures": ([bad(1, "a")], {"deployments": 0, "per_week": 0.0, "lead_time": None, "rework_rate": None}),
    "refused, held, superseded and under way count nowhere": (
        [ok(1, "a"), bad(2, "b", started=""), ok(3, "c", status="Held", started=""),
         ok(4, "d", status="Superseded"), ok(5, "e", status="InProgress", finished="")],
        {"deployments": 1, "changes": 1, "failed_changes": 0},
    ),
    "the median of an even number is between": (
        [ok(1, "a", authored=at(1)), ok(2, "b", authored=at(0))], {"lead_time": 15.5 * HOUR, "lead_times": 2}
    ),
    "a commit of an unknown time, and one of a time of no zone": (
        [ok(1, "a", authored=""), ok(2, "b", authored="2026-03-10T00:00:00")],
        {"deployments": 2, "lead_time": None, "lead_times": 0},
    ),
    "a commit from a clock that is ahead": ([ok(1, "a", authored=at(99))], {"lead_time": 0.0}),
    "releases without a commit are told apart by their images": (
        [ok(1, "", images={"web": "x"}), ok(2, "", images={"web": "y"}), ok(3, "", images={"web": "x"})],
        {"deployments": 3, "failed_changes": 1, "rework": 1},
    ),
    "what went before the period still tells what is gone back to": (
        [ok(1, "a", -240), ok(2, "b", -200), ok(3, "a")],
        {"deployments": 1, "changes": 0, "change_failure_rate": None, "rework": 1, "rework_rate": 1.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_measures_of_a_story(story: str) -> None:
    releases, expected = STORIES[story]
    found = measure(releases, SINCE, NOW)
    assert found is not None
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected)
    assert measure(list(reversed(releases)), SINCE, NOW) == found


@pytest.mark.parametrize("releases", [[], [ok(1, "a", -900)], [bad(1, "a", started="")]])
def test_nothing_that_began_in_the_period_is_nothing_to_measure(releases: list[Release]) -> None:
    assert measure(releases, SINCE, NOW) is None


def test_numbers_order_releases_and_not_their_clocks() -> None:
    told = history([ok(2, "b", 1), ok(1, "a", 5)])
    assert [each.release.commit for each in told] == ["a", "b"]


def record(number: int, commit: str, status: str = "Succeeded", **more: str) -> dict[str, Any]:
    """As the deployer writes it, some days ago."""
    zero = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)
    began = number * 10
    said = {"commit": commit, "status": status, "authored": at(began - 2, zero), "started": at(began, zero),
            "finished": at(began + 1, zero), **more}  # fmt: skip
    return {
        "pk": {"S": "shop#prod"},
        "sk": {"S": f"{number:010}"},
        "number": {"N": str(number)},
        "environment": {"S": "prod"},
        **{name: {"S": value} for name, value in said.items()},
    }


LEDGER = [record(1, "a"), record(2, "b", "Failed"), record(3, "c"), record(4, "d"), record(5, "c")]
LEDGER[1]["restored"] = {"N": "1"}
CURRENT = {"pk": {"S": "shop#prod"}, "sk": {"S": "current"}, "number": {"N": "5"}}


class Planning(FakeCodePipeline):
    """Its approval is preceded by a plan, which the deployer makes."""

    def get_pipeline(self, name: str) -> dict[str, Any]:
        found = super().get_pipeline(name)
        (approval,) = [stage for stage in found["pipeline"]["stages"] if stage["name"] == "prod-approval"]
        approval["actions"].append({"name": "Plan", "actionTypeId": {"category": "Invoke"}, "runOrder": 0})
        return found


def run(*words: str, ledger: list[dict[str, Any]] | None = None) -> Screen:
    screen = Screen(
        {
            "codepipeline": Planning(),
            "dynamodb": FakeDynamoDB({"shop-releases": [*LEDGER, CURRENT] if ledger is None else ledger}),
        }
    )
    from cli.main import create_parser
    from cli.verbs import dora

    assert dora.run(create_parser("dora").parse_args(["dora", *words]), screen.world) == OK
    return screen


def test_the_command_tells_the_last_environment_of_all_pages() -> None:
    assert run().text.splitlines() == [
        "shop, prod, the last 30 days",
        "  deployment frequency   0.9 a week  4 deployments",
        "  lead time for changes  3 h 00 min  median of 3",
        "  change failure rate    50%         2 of 4",
        "  time to restore        6 h 00 min  median of 2",
        "  rework rate            50%         2 of 4",
    ]


def test_the_command_as_json() -> None:
    told = json.loads(run("prod", "--since", "12w", "--output", "json").text)
    assert (told["service"], told["environment"], told["days"]) == ("shop", "prod", 84.0)
    assert told["measures"]["change_failure_rate"] == 0.5
    assert told["measures"]["time_to_restore"] == 6 * HOUR


def test_an_environment_without_releases_says_so_and_divides_by_nothing() -> None:
    assert run("dev").text == "shop, dev: no releases in the last 30 days\n"
    assert json.loads(run("dev", "--output", "json").text)["measures"] is None


def test_an_environment_that_is_none_is_bad_input() -> None:
    with pytest.raises(CommandError, match="there is no environment test"):
        run("test")
    with pytest.raises(CommandError, match="there is no environment prod-approval"):
        run("prod-approval")


@pytest.mark.parametrize("text", ["30", "0d", "d", "30m", "-1d", "1.5d", ""])
def test_a_period_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="24h, 30d, 12w"):
        span(text)


@pytest.mark.parametrize(
    ("text", "said"), [("24h", "1 day"), ("5h", "5 hours"), ("30d", "30 days"), ("2w", "14 days"), ("1h", "1 hour")]
)
def test_a_period_in_words(text: str, said: str) -> None:
    assert spelled(span(text)) == said


@pytest.mark.parametrize(("value", "said"), [(None, "-"), (59.0, "59.0 s"), (7300, "2 h 01 min"), (180000, "2 d 2 h")])
def test_a_time_in_words(value: float | None, said: str) -> None:
    assert lasting(value) == said


def test_each_measure_has_one_sentence() -> None:
    assert len(DEFINITIONS) == 5
    assert all(text.count(".") == 1 and text.endswith(".") for text in DEFINITIONS.values())
    page = (CHECKOUT / "docs/notifications.md").read_text()
    assert [name for name, text in DEFINITIONS.items() if f"| {name} | {text} |" not in page] == []
