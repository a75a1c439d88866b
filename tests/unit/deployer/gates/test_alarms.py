import datetime as dt
from typing import Any

import pytest

from deployer.errors import Fatal
from deployer.gates.alarms import Alarm, CloudWatchAlarms, fired

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def alarm(name: str = "errors", state: str = "ALARM", minutes: float = 1) -> Alarm:
    return Alarm(name, state, NOON + dt.timedelta(minutes=minutes), "why")


class CloudWatch:
    def __init__(self, *alarms: dict[str, Any]) -> None:
        self.alarms = alarms

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        assert asked["AlarmTypes"] == ["MetricAlarm"]
        return {"MetricAlarms": [each for each in self.alarms if each["AlarmName"] in asked["AlarmNames"]]}


def told(name: str, **more: Any) -> dict[str, Any]:
    return {"AlarmName": name, "StateValue": "OK", "StateUpdatedTimestamp": NOON, **more}


@pytest.mark.parametrize(
    ("given", "rings"),
    [
        (alarm(), True),
        (alarm(minutes=0), True),
        (alarm(minutes=-0.1), False),
        (alarm(state="OK"), False),
        (alarm(state="INSUFFICIENT_DATA"), False),
    ],
)
def test_an_alarm_rings_when_it_began_to_since_then(given: Alarm, rings: bool) -> None:
    assert fired([given], NOON) == ([given] if rings else [])


def test_alarms_come_in_the_order_of_the_names_with_the_time_of_their_last_change() -> None:
    later = NOON + dt.timedelta(minutes=5)
    client = CloudWatch(told("a"), told("b", StateTransitionedTimestamp=NOON, StateUpdatedTimestamp=later))
    found = CloudWatchAlarms(client).of(["b", "a"])
    assert [(each.name, each.since, each.reason) for each in found] == [("b", NOON, ""), ("a", NOON, "")]


def test_an_alarm_that_is_not_there_is_not_quiet() -> None:
    with pytest.raises(Fatal, match=r"there is no metric alarm b, c\. Correct the environment's `alarms`"):
        CloudWatchAlarms(CloudWatch(told("a"))).of(["a", "b", "c"])
