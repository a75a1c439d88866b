"""Invocations as Lambda takes them: answered at once, in the background with retries, or only tried."""

import json
import logging
import os
import threading
import uuid

from local.context import FailedRun, FailedRuns, Identity
from local.functions.errors import BadRequest, InvokeError
from local.functions.function import Function, Place, place_of, read_function
from local.functions.outcome import Outcome, error_text
from local.functions.run import NOTHING, Outlook, Runner
from local.settings import Home

log = logging.getLogger("local.functions")
# Lambda waits one minute, then two, before it tries a failed asynchronous invocation again.
RETRY_SECONDS = (1.0, 2.0)
RETRY_VARIABLE = "SHIPLINE_INVOKE_RETRY_SECONDS"


def retry_seconds(text: str | None) -> tuple[float, ...]:
    """`1,2` as seconds; the default when nothing is given."""
    return tuple(float(each) for each in text.split(",")) if text else RETRY_SECONDS


class Invoker:
    def __init__(
        self,
        home: Home,
        identity: Identity,
        delays: tuple[float, ...] | None = None,
        failed_runs: FailedRuns | None = None,
        outlook: Outlook = NOTHING,
    ) -> None:
        self._home = home
        self._runner = Runner(home, identity, outlook)
        self._delays = delays if delays is not None else retry_seconds(os.environ.get(RETRY_VARIABLE))
        self._failed_runs = failed_runs or FailedRuns()
        self._stopping = threading.Event()

    def function(self, name: str, qualifier: str | None = None, place: Place | None = None) -> Function:
        """`place` is the account and region of who asks; an ARN says itself where the function is."""
        account, region = place_of(name) or place or (self._home.account, self._home.region)
        return read_function(account, region, name, qualifier)

    def invoke(self, function: Function, payload: bytes, request_id: str) -> Outcome:
        return self._runner.run(function, payload or b"{}", request_id)

    def invoke_later(self, function: Function, payload: bytes, request_id: str) -> None:
        """Returns at once. A run that fails is tried again under the same request id, from the function's new state."""
        threading.Thread(
            target=self._in_background, args=(function, payload, request_id), name=f"invoke-{request_id}", daemon=True
        ).start()

    def stop(self) -> None:
        """No more retries; what runs ends with the process."""
        self._stopping.set()

    def _in_background(self, function: Function, payload: bytes, request_id: str) -> None:
        for attempt in range(function.retries + 1):
            if attempt and self._stopping.wait(self._delays[min(attempt, len(self._delays)) - 1]):
                return
            failure = self._failure(function.arn, payload, request_id)
            if failure is None:
                return
            log.warning("%s: request %s: %s", function.name, request_id, failure)
            self._failed_runs.tell(request_id, FailedRun(failure, last=attempt == function.retries))
        log.warning("%s: request %s failed %d times and is given up", function.name, request_id, function.retries + 1)

    def _failure(self, name: str, payload: bytes, request_id: str) -> str | None:
        """Why the run failed; None when it did not."""
        try:
            ended = self.invoke(self.function(name), payload, request_id)
        except InvokeError as error:
            return f"{error.code}: {error}"
        return error_text(ended.payload) if ended.error else None


def new_request_id() -> str:
    return str(uuid.uuid4())


def checked_payload(payload: bytes) -> bytes:
    """BadRequest when it is no JSON: Lambda does not start a function for it."""
    try:
        json.loads(payload or b"{}")
    except ValueError as error:
        raise BadRequest(f"Could not parse request body into json: {error}") from None
    return payload or b"{}"
