"""Stacks as data: what was asked, what exists, what happened."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from moto.core.utils import utcnow

from local.aws.cloudformation.resource import Deployed

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Request:
    """What a create, an update or a change set asks for."""

    template_text: str
    template: dict[str, Any]
    parameters: dict[str, str]  # as given, before SSM parameters and defaults
    tags: dict[str, str] = field(default_factory=dict)
    role_arn: str | None = None
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    logical_id: str
    physical_id: str
    type_name: str
    status: str
    reason: str | None
    token: str | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: datetime = field(default_factory=utcnow)


@dataclass(frozen=True)
class Output:
    key: str
    value: str
    description: str | None
    export: str | None


@dataclass
class Stack:
    id: str
    name: str
    request: Request | None = None  # what was last brought about
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    created: datetime = field(default_factory=utcnow)
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: dict[str, Deployed] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)  # as they were made
    replaced: list[Deployed] = field(default_factory=list)  # still there until the update is through
    outputs: list[Output] = field(default_factory=list)
    resolved_parameters: dict[str, Any] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    protected: bool = False
    policy: str = ""
    token: str | None = None  # the client's token of the running operation
    settled: bool = True  # False while what exists may differ from `request`
    wanted: Request | None = None  # what the running operation brings about

    def record(self, status: str, reason: str | None = None) -> None:
        """The stack's own status, with its event."""
        self.status, self.reason = status, reason
        self._add(Event(self.name, self.id, STACK_TYPE, status, reason, self.token))

    def note(self, resource: Deployed, status: str, reason: str | None = None) -> None:
        """A resource's status, with its event."""
        resource.status, resource.reason, resource.since = status, reason, utcnow()
        self._add(
            Event(
                resource.logical_resource_id,
                resource.physical_resource_id,
                resource.type_name,
                status,
                reason,
                self.token,
            )
        )

    def _add(self, event: Event) -> None:
        """Each event is a millisecond later than the one before: clients sort by time."""
        if self.events and event.at <= self.events[-1].at:
            event = replace(event, at=self.events[-1].at + timedelta(milliseconds=1))
        self.events.append(event)


Action = Literal["Add", "Modify", "Remove"]


@dataclass(frozen=True)
class Change:
    action: Action
    logical_id: str
    type_name: str
    physical_id: str | None
    replacement: str | None = None


@dataclass
class ChangeSet:
    id: str
    name: str
    stack: Stack
    kind: Literal["CREATE", "UPDATE"]
    request: Request
    description: str | None
    changes: list[Change]
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str | None = None
    created: datetime = field(default_factory=utcnow)
