"""Custom resources: the template's own functions make them, and answer at a URL of ours.

event → lambda.invoke of the service token (asynchronous, as CloudFormation does it) → wait for the PUT → result.
AWS waits even for a function whose every run has failed; here its error is the resource's.
"""

import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.resource import Deployed, Desired, ResourceFailed, made
from local.context import FailedRun, FailedRuns

PREFIX = "/_shipline/custom-resource/"
TIMEOUT = 3600.0  # seconds; CloudFormation's own limit, which `ServiceTimeout` lowers
LOOK = 0.2  # seconds between two looks for runs that failed


@dataclass
class Waiting:
    answered: threading.Event = field(default_factory=threading.Event)
    answer: dict[str, Any] = field(default_factory=dict)


class Answers:
    """Where functions put their answers: a WSGI application, and the waiting ends of it."""

    def __init__(self, failed_runs: FailedRuns) -> None:
        self.failed_runs = failed_runs
        self._waiting: dict[str, Waiting] = {}

    def expect(self) -> tuple[str, Waiting]:
        token, waiting = secrets.token_urlsafe(24), Waiting()
        self._waiting[token] = waiting
        return token, waiting

    def forget(self, token: str) -> None:
        self._waiting.pop(token, None)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        waiting = self._waiting.get(environ["PATH_INFO"].removeprefix(PREFIX))
        if waiting is None or environ["REQUEST_METHOD"] != "PUT":
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        try:
            waiting.answer = json.loads(environ["wsgi.input"].read())
        except ValueError:
            waiting.answer = {"Status": "FAILED", "Reason": "Invalid Json in the custom resource's response"}
        waiting.answered.set()
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]


class Custom:
    def __init__(self, aws: Aws, answers: Answers, timeout: float = TIMEOUT) -> None:
        self.aws = aws
        self.answers = answers
        self.timeout = timeout

    def create(self, desired: Desired) -> Deployed:
        return self._made(desired, self._ask("Create", desired, None))

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        """An answer with another physical id is a replacement: the old one is deleted after it."""
        fresh = self._made(desired, self._ask("Update", desired, deployed))
        if fresh.physical_resource_id != deployed.physical_resource_id:
            self.delete(deployed)
        return fresh

    def delete(self, deployed: Deployed) -> None:
        stack = deployed.attributes[STACK]
        desired = Desired(
            deployed.logical_resource_id, deployed.type_name, deployed.properties, stack, stack.split("/")[1], ""
        )
        self._ask("Delete", desired, deployed)

    def _made(self, desired: Desired, answer: dict[str, Any]) -> Deployed:
        physical = answer.get("PhysicalResourceId")
        if not physical:
            raise ResourceFailed("Invalid PhysicalResourceId: the custom resource's response has none")
        return made(desired, str(physical), {**(answer.get("Data") or {}), STACK: desired.stack_id})

    def _ask(self, kind: str, desired: Desired, deployed: Deployed | None) -> dict[str, Any]:
        said = desired.properties
        function = said["ServiceToken"]
        token, waiting = self.answers.expect()
        event = {
            "RequestType": kind,
            "ServiceToken": function,
            "ResponseURL": f"{self.aws.home.endpoint_url}{PREFIX}{token}",
            "StackId": desired.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": desired.logical_id,
            "ResourceType": desired.type_name,
            "ResourceProperties": strings(said),
        }
        if deployed is not None:
            event["PhysicalResourceId"] = deployed.physical_resource_id
        if kind == "Update" and deployed is not None:
            event["OldResourceProperties"] = strings(deployed.properties)
        try:
            invoked = self.aws.client("lambda").invoke(
                FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
            )
            timeout = min(float(said.get("ServiceTimeout", self.timeout)), self.timeout)
            failed = self._wait(waiting, invoked["ResponseMetadata"]["RequestId"], timeout)
        finally:
            self.answers.forget(token)
        if waiting.answered.is_set():
            return _succeeded(waiting.answer)
        if failed and failed.last:
            raise ResourceFailed(
                f"The custom resource's function failed without an answer: {failed.reason}: {function}"
            )
        more = f" The function's last run failed: {failed.reason}" if failed else ""
        raise ResourceFailed(
            f"CloudFormation did not receive a response from your Custom Resource within {timeout:.0f} s. "
            f"Please check your logs for requestId [{event['RequestId']}]: {function}{more}"
        )

    def _wait(self, waiting: Waiting, request_id: str, timeout: float) -> FailedRun | None:
        """Until there is an answer, no run can give one any more, or the time is up; the newest run that failed."""
        end = time.monotonic() + timeout
        while not waiting.answered.wait(max(0.0, min(LOOK, end - time.monotonic()))):
            failed = self.answers.failed_runs.newest(request_id)
            if (failed and failed.last) or time.monotonic() >= end:
                break
        return self.answers.failed_runs.newest(request_id)


STACK = "\0stack"  # where a resource keeps whose it is; no attribute can be called so


def _succeeded(answer: dict[str, Any]) -> dict[str, Any]:
    if answer.get("Status") != "SUCCESS":
        reason = answer.get("Reason") or "the custom resource gave no reason"
        raise ResourceFailed(
            f"Received response status [{answer.get('Status')}] from custom resource. Message returned: {reason}"
        )
    return answer


def strings(value: Any) -> Any:
    """Properties as functions get them: CloudFormation writes numbers and booleans as strings."""
    if isinstance(value, dict):
        return {key: strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strings(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value
