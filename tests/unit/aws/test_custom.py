"""Custom resources: the event a function gets, and what its answer becomes."""

import json
import threading
import time
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from local.aws.cloudformation.resource import Deployed, Desired, ResourceFailed
from local.aws.cloudformation.types.custom import PREFIX, Answers, Custom
from local.context import FailedRun, FailedRuns

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/1"


class Function:
    """Answers each event as `answer` says; None never answers."""

    def __init__(self, answers: Answers, answer: dict[str, Any] | None) -> None:
        self.answers = answers
        self.answer = answer
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        event = json.loads(Payload)
        self.events.append(event)
        if self.answer is not None:
            threading.Thread(target=self._put, args=(event["ResponseURL"],)).start()
        return {"ResponseMetadata": {"RequestId": "run-1"}}

    def _put(self, url: str) -> None:
        path = url.removeprefix("http://127.0.0.1:1")
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "PUT", "wsgi.input": BytesIO(json.dumps(self.answer).encode())}
        self.answers(environ, lambda *_: None)


def custom(answer: dict[str, Any] | None, timeout: float = 5) -> tuple[Custom, Function]:
    answers = Answers(FailedRuns())
    function = Function(answers, answer)
    aws = SimpleNamespace(home=SimpleNamespace(endpoint_url="http://127.0.0.1:1"), client=lambda service: function)
    return Custom(aws, answers, timeout), function  # type: ignore[arg-type]


def desired(**properties: Any) -> Desired:
    said = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:f", **properties}
    return Desired("Namespaces", "Custom::Namespaces", said, STACK, "shop", "made-up")


def test_the_event_is_cloudformations_and_numbers_are_text() -> None:
    provider, function = custom({"Status": "SUCCESS", "PhysicalResourceId": "one", "Data": {"Made": "dev"}})
    made = provider.create(desired(Count=3, On=True, Names=["a"]))
    event = function.events[0]
    assert (event["RequestType"], event["StackId"], event["LogicalResourceId"]) == ("Create", STACK, "Namespaces")
    assert event["ResourceProperties"]["Count"] == "3"
    assert event["ResourceProperties"]["On"] == "true"
    assert event["ResponseURL"].startswith(f"http://127.0.0.1:1{PREFIX}")
    assert (made.physical_resource_id, made.get_cfn_attribute("Made")) == ("one", "dev")


def test_an_update_brings_the_old_properties_and_deletes_what_it_replaced() -> None:
    provider, function = custom({"Status": "SUCCESS", "PhysicalResourceId": "one"})
    before = provider.create(desired(Name="a"))
    function.answer = {"Status": "SUCCESS", "PhysicalResourceId": "two"}
    after = provider.update(before, desired(Name="b"))
    assert after.physical_resource_id == "two"
    assert [event["RequestType"] for event in function.events] == ["Create", "Update", "Delete"]
    assert function.events[1]["OldResourceProperties"]["Name"] == "a"
    assert function.events[2]["PhysicalResourceId"] == "one"


def test_a_failure_says_the_functions_reason() -> None:
    provider, _ = custom({"Status": "FAILED", "Reason": "403 Forbidden: namespaces", "PhysicalResourceId": "x"})
    with pytest.raises(ResourceFailed, match="403 Forbidden: namespaces"):
        provider.create(desired())


def test_silence_fails_after_the_timeout_and_names_the_function() -> None:
    provider, _ = custom(None, timeout=0.05)
    with pytest.raises(ResourceFailed, match=r"did not receive a response .*function:f"):
        provider.create(desired())


def test_a_function_that_was_given_up_fails_the_resource_with_its_error_at_once() -> None:
    provider, function = custom(None, timeout=60)
    function.answers.failed_runs.tell("run-1", FailedRun("Runtime.ImportModuleError: no module named x", last=True))
    began = time.monotonic()
    with pytest.raises(ResourceFailed, match=r"failed without an answer: Runtime.ImportModuleError: no module .*:f"):
        provider.create(desired())
    assert time.monotonic() - began < 5


def test_a_run_that_failed_and_is_tried_again_is_told_only_when_the_time_is_up() -> None:
    provider, function = custom(None, timeout=0.3)
    function.answers.failed_runs.tell("run-1", FailedRun("Sandbox.Timedout: Task timed out", last=False))
    with pytest.raises(ResourceFailed, match=r"did not receive a response .* last run failed: Sandbox.Timedout"):
        provider.create(desired())


def test_an_answer_counts_though_the_function_failed_after_it() -> None:
    provider, function = custom({"Status": "SUCCESS", "PhysicalResourceId": "one"})
    function.answers.failed_runs.tell("run-1", FailedRun("ValueError: too late", last=False))
    assert provider.create(desired()).physical_resource_id == "one"


def test_an_answer_without_a_physical_id_is_refused() -> None:
    provider, _ = custom({"Status": "SUCCESS"})
    with pytest.raises(ResourceFailed, match="Invalid PhysicalResourceId"):
        provider.create(desired())


def test_a_delete_carries_the_stack_and_the_physical_id() -> None:
    provider, function = custom({"Status": "SUCCESS", "PhysicalResourceId": "one"})
    made: Deployed = provider.create(desired(Name="a"))
    provider.delete(made)
    event = function.events[-1]
    assert (event["RequestType"], event["PhysicalResourceId"], event["StackId"]) == ("Delete", "one", STACK)


def test_nobody_else_can_answer() -> None:
    answers = Answers(FailedRuns())
    said: list[str] = []
    environ = {"PATH_INFO": f"{PREFIX}guess", "REQUEST_METHOD": "PUT", "wsgi.input": BytesIO(b"{}")}
    answers(environ, lambda status, headers: said.append(status))
    assert said == ["403 Forbidden"]
