"""How an invocation ended, and how Lambda words each end."""

import json
from dataclasses import dataclass
from typing import Literal

# Lambda's limit of a synchronous answer.
LARGEST_ANSWER = 6_291_556  # bytes
LONGEST_TEXT = 1000  # characters of an error that is told in one line


@dataclass(frozen=True)
class Outcome:
    """`error` is X-Amz-Function-Error; None when the function returned."""

    payload: bytes
    error: Literal["Unhandled"] | None = None
    log_tail: bytes = b""


def failure(kind: str, request_id: str, message: str) -> Outcome:
    text = f"RequestId: {request_id} Error: {message}"
    return Outcome(json.dumps({"errorType": kind, "errorMessage": text}).encode(), "Unhandled")


def error_text(payload: bytes) -> str:
    """An error's payload in one line; runtimes of one's own may send anything."""
    text = payload.decode(errors="replace")[:LONGEST_TEXT]
    try:
        said = json.loads(payload)
    except ValueError:
        return text
    if not isinstance(said, dict) or "errorMessage" not in said:
        return text
    return f"{said.get('errorType', 'Error')}: {said['errorMessage']}"[:LONGEST_TEXT]


def timed_out(request_id: str, seconds: float) -> Outcome:
    return failure("Sandbox.Timedout", request_id, f"Task timed out after {seconds:.2f} seconds")


def exited(request_id: str, status: int) -> Outcome:
    """A status above 128 is a signal's."""
    how = f"signal: {_SIGNALS.get(status - 128, status - 128)}" if status > 128 else f"exit status {status}"
    return failure("Runtime.ExitError", request_id, f"Runtime exited with error: {how}")


def out_of_memory(request_id: str) -> Outcome:
    return failure("Runtime.OutOfMemory", request_id, "Runtime exited with error: signal: killed")


_SIGNALS = {6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}
