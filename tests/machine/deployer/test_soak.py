"""A release that is watched after it was healthy: what becomes of it later, and what CloudWatch says, counts."""

import datetime as dt
import time
from typing import Any

import boto3
import pytest

from deployer.budget import UNLIMITED
from deployer.errors import Fatal
from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.soak import PAUSE, Soak
from tests.support.delivery import Place, config_map, deployment

FILES = {"manifests/web.yaml": deployment(), "manifests/a.yaml": config_map("a", v="1")}
MINUTE = dt.timedelta(minutes=1)
RING = {"MetricName": "Errors", "Namespace": "Shop", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}


@pytest.fixture
def prod(place: Any) -> Place:
    made: Place = place()
    made.soak = 120.0
    return made


@pytest.fixture
def number(prod: Place) -> int:
    outcome = prod.release(FILES)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.number


def look(prod: Place, number: int, after: dt.timedelta, slept: list[float] | None = None) -> Outcome:
    """What a look says when `after` has gone by."""
    world = prod.world()
    sleep = slept.append if slept is not None else lambda seconds: None
    try:
        return Soak(world, number, "rollback", lambda: dt.datetime.now(dt.UTC) + after, sleep).look(UNLIMITED)
    finally:
        world.cluster.kube.close()


def ring(name: str = "errors", state: str = "ALARM") -> None:
    cloudwatch = boto3.client("cloudwatch", region_name="us-east-1")
    cloudwatch.put_metric_alarm(AlarmName=name, Threshold=1, ComparisonOperator="GreaterThanThreshold", **RING)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="5 errors in a minute")


def test_it_goes_on_until_its_time_is_over_and_pauses_in_between(prod: Place, number: int) -> None:
    slept: list[float] = []
    first = look(prod, number, dt.timedelta(), slept)
    assert isinstance(first, Continue)
    assert (first.token.release, first.token.stage) == (number, "soak")
    assert "soaks: 1" in first.summary
    last = look(prod, number, 2 * MINUTE, slept)
    assert last == Succeeded(number, f"release {number}: healthy for 120 s")
    assert slept == [PAUSE]


def test_an_alarm_that_rings_fails_it_and_the_ledger_says_so(prod: Place, number: int) -> None:
    prod.alarms = ("errors", "slow")
    ring("slow", "OK")
    ring()
    outcome = look(prod, number, MINUTE)
    assert isinstance(outcome, Failed)
    assert "alarm errors rings since " in outcome.message
    assert "5 errors in a minute" in outcome.message
    assert "CodePipeline now runs the stage again with the last release that passed." in outcome.message
    assert "slow" not in outcome.message
    record = prod.record(f"{number:010d}")
    assert record["status"] == "Failed"
    assert "It did not stand its soak of 120 s." in record["summary"]


def test_an_alarm_that_rang_before_the_release_does_not_keep_out_what_mends_it(prod: Place) -> None:
    prod.alarms = ("errors",)
    ring()
    world = prod.world()
    known = world.alarms.of(prod.alarms)[0].since  # type: ignore[union-attr]
    world.cluster.kube.close()
    while dt.datetime.now(dt.UTC).replace(microsecond=0) <= known:
        pass
    outcome = prod.release(FILES)
    assert isinstance(look(prod, outcome.number, 2 * MINUTE), Succeeded)


def test_an_alarm_that_is_not_there_stops_it(prod: Place, number: int) -> None:
    prod.alarms = ("none-such",)
    with pytest.raises(Fatal, match="there is no metric alarm none-such"):
        look(prod, number, MINUTE)


def put_pods(prod: Place, word: str) -> None:
    """Somebody, or something, changes what the pods do: their template's annotation tells the test's node."""
    path = f"/apis/apps/v1/namespaces/{prod.namespace}/deployments/web"
    patch = {"spec": {"template": {"metadata": {"annotations": {"test/pod": word}}}}}
    prod.plane.admin.request("PATCH", path, body=patch, content="application/merge-patch+json")


def test_what_may_still_heal_is_waited_for_and_fails_it_at_the_end(prod: Place, number: int) -> None:
    put_pods(prod, "600")  # ready in ten minutes
    assert isinstance(look(prod, number, MINUTE), Continue)
    outcome = look(prod, number, 2 * MINUTE)
    assert isinstance(outcome, Failed)
    assert "Deployment web" in outcome.message


def test_what_cannot_heal_fails_it_at_once(prod: Place, number: int) -> None:
    put_pods(prod, "name")
    until = time.monotonic() + 20
    while isinstance(outcome := look(prod, number, dt.timedelta()), Continue) and time.monotonic() < until:
        time.sleep(0.1)
    assert isinstance(outcome, Failed)
    assert "InvalidImageName" in outcome.message


def test_a_newer_release_ends_it(prod: Place, number: int) -> None:
    newer = prod.release({**FILES, "manifests/a.yaml": config_map("a", v="2")})
    with pytest.raises(Fatal, match=rf"release {number} does not run in .* any more: release {newer.number} does"):
        look(prod, number, MINUTE)
