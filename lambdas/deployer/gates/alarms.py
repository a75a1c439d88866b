"""CloudWatch's alarms by name, and which of them a release has set off.

CloudWatchAlarms(client).of(names) -> what is known of each; AlarmMissing is Fatal: what cannot be seen is not quiet.
fired(alarms, since)               -> those that went into ALARM since then, ringing in words. Pure.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from deployer.errors import Fatal
from deployer.values import dataclass


@dataclass(frozen=True)
class Alarm:
    name: str
    state: str  # CloudWatch's own word: OK, ALARM, INSUFFICIENT_DATA
    since: dt.datetime
    reason: str


@dataclass(frozen=True)
class CloudWatchAlarms:
    """`client` is boto3's for CloudWatch."""

    client: Any

    def of(self, names: Sequence[str]) -> list[Alarm]:
        """Each of the metric alarms (at most 100, what one page holds), in the order of the names."""
        answer = self.client.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm"], MaxRecords=100)
        found = {each["AlarmName"]: each for each in answer["MetricAlarms"]}
        if absent := [name for name in names if name not in found]:
            raise Fatal(
                f"there is no metric alarm {', '.join(absent)}.",
                remedy="Correct the environment's `alarms`, or make it; composite alarms cannot be read by name alone.",
                kind="ConfigurationError",
            )
        return [_alarm(found[name]) for name in names]


def fired(alarms: Iterable[Alarm], since: dt.datetime) -> list[Alarm]:
    """One that rang before is no fault of this release: what mends it must not be stopped by it."""
    return [alarm for alarm in alarms if alarm.state == "ALARM" and alarm.since >= since]


def ringing(alarms: Iterable[Alarm], since: dt.datetime) -> str:
    """Those that have fired, a line each; "" when all were quiet."""
    found = fired(alarms, since)
    return "\n".join(f"alarm {each.name} rings since {each.since:%H:%M:%S %Z}: {each.reason}" for each in found)


def _alarm(told: dict[str, Any]) -> Alarm:
    """StateTransitionedTimestamp is when the state changed; StateUpdatedTimestamp also moves when it is found anew."""
    since = told.get("StateTransitionedTimestamp") or told["StateUpdatedTimestamp"]
    return Alarm(told["AlarmName"], told["StateValue"], since, str(told.get("StateReason") or ""))
