"""Requests before they run: payloads, delays, and the ends of invocations in Lambda's words."""

import json

import pytest

from local.functions import outcome
from local.functions.errors import BadRequest
from local.functions.invoker import RETRY_SECONDS, checked_payload, retry_seconds


def test_a_payload_is_json_or_nothing() -> None:
    assert checked_payload(b"") == b"{}"
    assert checked_payload(b"[1]") == b"[1]"
    with pytest.raises(BadRequest, match="Could not parse request body into json"):
        checked_payload(b"{")


def test_the_retry_delays_can_be_set() -> None:
    assert retry_seconds(None) == RETRY_SECONDS
    assert retry_seconds("60,120") == (60, 120)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b'{"errorType": "ValueError", "errorMessage": "broken", "stackTrace": []}', "ValueError: broken"),
        (b'{"errorMessage": "broken"}', "Error: broken"),
        (b"not JSON", "not JSON"),
        (b"[1]", "[1]"),
    ],
)
def test_an_error_is_told_in_one_line(payload: bytes, words: str) -> None:
    assert outcome.error_text(payload) == words


@pytest.mark.parametrize(
    ("ended", "kind", "words"),
    [
        (outcome.timed_out("r", 60), "Sandbox.Timedout", "Task timed out after 60.00 seconds"),
        (outcome.exited("r", 3), "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        (outcome.exited("r", 137), "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        (outcome.out_of_memory("r"), "Runtime.OutOfMemory", "Runtime exited with error: signal: killed"),
    ],
)
def test_the_ends_are_worded_as_lambda_words_them(ended: outcome.Outcome, kind: str, words: str) -> None:
    said = json.loads(ended.payload)
    assert said == {"errorType": kind, "errorMessage": f"RequestId: r Error: {words}"}
    assert ended.error == "Unhandled"
