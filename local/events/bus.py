"""The event buses: takes events, finds the rules that match, hands their targets over, in the order of events.

Deliveries happen in a thread of their own, so that no service waits for what its events start.
"""

import json
import logging
import queue
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule, events_backends

from local.context import Identity
from local.events.inputs import InvalidInput, target_input
from local.events.patterns import InvalidPattern, matches
from local.events.targets import Delivery, Targets
from local.settings import Home

log = logging.getLogger(__name__)

Document = dict[str, Any]

# Targets that moto itself serves, out of its own stores.
MOTO_SERVES = ("logs", "events")
END = None


class Bus:
    """`local.context.Events` and a part of the machine."""

    def __init__(self, home: Home, identity: Identity) -> None:
        self._home = home
        self._targets = Targets(identity)
        self._queue: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def attach(self) -> None:
        """Every event that moto has for a rule comes here: PutEvents of users, and moto's own services'."""
        bus = self

        def send_to_targets(rule: Rule, original_event: Document, transform_input: bool = True) -> None:
            bus.offer(rule, _as_sent(original_event))

        setattr(Rule, "send_to_targets", send_to_targets)  # noqa: B010  moto has no other way in

    def start(self) -> None:
        self._thread = threading.Thread(target=self._deliver, name="events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """What was taken is delivered first."""
        self._queue.put(END)
        if self._thread:
            self._thread.join(timeout=10)

    def publish(self, source: str, detail_type: str, resources: list[str], detail: Document) -> None:
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self._home.account,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._home.region,
            "resources": resources,
            "detail": detail,
        }
        for rule in self._rules():
            self.offer(rule, event)

    def _rules(self) -> Iterator[Rule]:
        backend = events_backends[self._home.account][self._home.region]
        yield from list(backend.event_buses["default"].rules.values())

    def offer(self, rule: Rule, event: Document) -> None:
        """Queue the targets of a rule that is enabled and matches."""
        if rule.state == "DISABLED" or not _matches(rule, event):
            return
        for target in list(rule.targets):
            service = target["Arn"].split(":")[2]
            if service in MOTO_SERVES:
                self._leave_to_moto(rule, target, event)
                continue
            try:
                body = target_input(target, event, rule.arn)
            except InvalidInput as invalid:
                log.error("rule %s could not start %s: %s", rule.arn, target["Arn"], invalid)
                continue
            self._queue.put(Delivery(rule.arn, target, event["id"], body))

    def _leave_to_moto(self, rule: Rule, target: Document, event: Document) -> None:
        parts = target["Arn"].split(":")
        if parts[2] == "logs":
            rule._send_to_cw_log_group(parts[6], {key: value for key, value in event.items() if key != "time"})
        elif parts[5].startswith("event-bus/"):
            entry = {
                "Source": event["source"],
                "DetailType": event["detail-type"],
                "Detail": json.dumps(event["detail"]),
                "EventBusName": parts[5].removeprefix("event-bus/"),
            }
            events_backends[parts[4]][parts[3]].put_events([entry])
        else:
            log.error("rule %s could not start %s: such targets are not available on this machine", rule.arn, target)

    def _deliver(self) -> None:
        while (delivery := self._queue.get()) is not END:
            try:
                self._targets.deliver(delivery)
            except Exception:  # a mistake in one delivery must not end all that follow
                log.exception("rule %s could not start %s", delivery.rule_arn, delivery.arn)


def create(home: Home, identity: Identity) -> Bus:
    return Bus(home, identity)


def _matches(rule: Rule, event: Document) -> bool:
    pattern = rule.event_pattern.get_pattern()
    if not pattern:
        return False  # a schedule: no event starts it
    try:
        return matches(pattern, event)
    except InvalidPattern as invalid:
        log.error("rule %s matches nothing: its pattern is invalid: %s", rule.arn, invalid)
        return False


def _as_sent(event: Document) -> Document:
    """moto's message in the shape that targets and patterns see: no float times, nothing of moto's own."""
    when = event.get("time") or event.get("ingestion-time")
    told = {key: value for key, value in event.items() if key not in ("ingestion-time", "time")}
    if isinstance(when, int | float):
        when = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**told, "time": when, "id": event.get("id") or str(uuid.uuid4())}
