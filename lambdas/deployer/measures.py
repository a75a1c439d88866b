"""What CloudWatch counts of a release, as one line of its log in the embedded metric format.

Succeeded  1 or 0: it runs
Failed     1 or 0: it did not, of its own fault or another's; one that was held or superseded is neither
Duration   seconds from the first invocation to the answer
LeadTime   seconds from the commit's writing to its success, where the commit's time is known
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from deployer.log import Log
from deployer.outcome import Continue, Outcome, Succeeded

NAMESPACE = "Shipline"
UNITS = {"Succeeded": "Count", "Failed": "Count", "Duration": "Seconds", "LeadTime": "Seconds"}
AT_WORK = "stage"
BADLY = frozenset({"failed", "refused", "stuck", "unavailable"})  # what a release's log says when it did not get out

Line = Mapping[str, Any]


def measured(lines: Sequence[Line], outcome: Outcome | None, authored: str, now: float) -> dict[str, float]:
    """By name; nothing of a release that goes on, was stopped before it began, or had ended already. No `outcome`:
    an error ended it."""
    events = {line.get("event") for line in lines}
    succeeded, failed = isinstance(outcome, Succeeded), outcome is None or bool(BADLY & events)
    if isinstance(outcome, Continue) or not (failed or (succeeded and AT_WORK in events)):
        return {}
    times = [line["time"] for line in lines if isinstance(line.get("time"), int | float)]
    found = {"Succeeded": float(succeeded), "Failed": float(not succeeded), "Duration": now - min(times, default=now)}
    written = moment(authored) if succeeded else None
    if written is not None:
        found["LeadTime"] = max(0.0, now - written)
    return {name: round(value, 3) for name, value in found.items()}


def tell(log: Log, service: str, environment: str, found: Mapping[str, float], now: float) -> None:
    """CloudWatch Logs makes metrics of a line that has `_aws` in it; the function needs no right for that."""
    if not found:
        return
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in found]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Service", "Environment"]], "Metrics": metrics}
    about = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
    log.event("measured", _aws=about, Service=service, Environment=environment, **found)


def moment(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time; None for what is none, or does not say its zone."""
    try:
        when = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return when.timestamp() if when.tzinfo else None
