"""Lambda's Invoke in moto's routing: moto keeps the functions, we run them."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import moto.awslambda.urls
from moto.awslambda.responses import LambdaResponse

from local.functions.errors import InvokeError
from local.functions.function import Function
from local.functions.invoker import Invoker, checked_payload, new_request_id

REQUEST_ID = "x-amzn-requestid"
Answer = tuple[int, dict[str, str], bytes | str]


def register(invoker: Invoker) -> None:
    """Serve moto's Lambda API with our invocations. Before moto's application is made."""
    response = _responses(invoker)
    moto.awslambda.urls.url_paths = dict.fromkeys(moto.awslambda.urls.url_paths, response.dispatch)


def _responses(invoker: Invoker) -> Any:
    class RunningLambdaResponse(LambdaResponse):
        def invoke(self) -> Answer:
            name = unquote(self.path.rstrip("/").rsplit("/", 2)[-2])
            kind = self.headers.get("X-Amz-Invocation-Type") or "RequestResponse"
            tail = self.headers.get("X-Amz-Log-Type") == "Tail"
            return answer(invoker, self._function(name), kind, _bytes(self.body), tail)

        def invoke_async(self) -> Answer:
            name = unquote(self.path.rstrip("/").rsplit("/", 2)[-2])
            return answer(invoker, self._function(name), "Event", _bytes(self.body), False)

        def _function(self, name: str) -> Callable[[], Function]:
            place = (self.current_account, self.region)
            return lambda: invoker.function(name, self._get_param("Qualifier"), place)

        @staticmethod
        def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
            """moto gives every answer an id of its own; an invocation's is the one in its log."""
            own = headers.get(REQUEST_ID)
            headers, body = LambdaResponse._enrich_response(headers, body)
            return (headers | {REQUEST_ID: own} if own else headers), body

    return RunningLambdaResponse


def answer(invoker: Invoker, named: Callable[[], Function], kind: str, payload: bytes, tail: bool) -> Answer:
    """Status, headers and body of an Invoke; `named` finds the function."""
    request_id = new_request_id()
    headers = {REQUEST_ID: request_id, "Content-Type": "application/json"}
    try:
        function = named()
        event = checked_payload(payload)
        if kind == "DryRun":
            return 204, headers | {"status": "204"}, b""
        if kind == "Event":
            invoker.invoke_later(function, event, request_id)
            return 202, headers | {"status": "202"}, b""
        ended = invoker.invoke(function, event, request_id)
    except InvokeError as error:
        body = json.dumps({"Type": "User", "Message": str(error), "message": str(error)})
        headers["status"] = str(error.status)
        return error.status, headers | {"x-amzn-ErrorType": error.code}, body
    headers["X-Amz-Executed-Version"] = function.version
    if ended.error:
        headers["X-Amz-Function-Error"] = ended.error
    if tail:
        headers["X-Amz-Log-Result"] = base64.b64encode(ended.log_tail).decode()
    return 200, headers, ended.payload


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body or "").encode()
