"""Lambda's Python runtime: imports the handler, then asks the Runtime API for events and answers them.

Runs inside the cell with the standard library alone; the function sees its zip, /opt/python and that.
"""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from email.message import Message
from typing import Any

Handler = Callable[[Any, Any], Any]


class Identity:
    """Who called, for callers with an Amazon Cognito identity: never, here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """The second argument of a handler, as Lambda gives it."""

    def __init__(self, headers: Message) -> None:
        environ = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity()
        self.client_context = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))


class RuntimeApi:
    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> tuple[Message, bytes]:
        self._connection.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = self._connection.getresponse()
        return answer.headers, answer.read()

    def post(self, path: str, body: str) -> None:
        self._connection.request("POST", f"/2018-06-01/runtime/{path}", body, {"Content-Type": "application/json"})
        self._connection.getresponse().read()


class Failure(Exception):
    """A failure of the runtime's own, under Lambda's name for it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def main() -> int:
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_path()
    request = {"id": ""}
    set_logging(request)
    try:
        handler = load(os.environ["_HANDLER"])
    except BaseException as error:  # noqa: BLE001  the entry point: a function may raise anything
        report(error, None)
        api.post("init/error", json.dumps(described(error, None)))
        return 1
    while True:
        headers, body = api.next()
        request["id"] = headers["Lambda-Runtime-Aws-Request-Id"]
        handle(api, handler, Context(headers), body)


def handle(api: RuntimeApi, handler: Handler, context: Context, body: bytes) -> None:
    try:
        try:
            result = handler(json.loads(body), context)
        except SystemExit:
            raise  # Lambda reports a runtime that exited
        try:
            answer = json.dumps(result, default=unserializable)
        except (TypeError, ValueError) as error:
            raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  the entry point: a function may raise anything
        report(error, context.aws_request_id)
        flush()
        api.post(f"invocation/{context.aws_request_id}/error", json.dumps(described(error, context.aws_request_id)))
        return
    flush()
    api.post(f"invocation/{context.aws_request_id}/response", answer)


def load(handler: str) -> Handler:
    module_name, _, name = handler.rpartition(".")
    if not module_name:
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': not enough values to unpack")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        where = f'File "{error.filename}" Line {error.lineno}'
        message = f"Syntax error in module '{module_name}': {error.msg} ({where})"
        raise Failure("Runtime.UserCodeSyntaxError", message) from error
    if not hasattr(module, name):
        raise Failure("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    found: Handler = getattr(module, name)
    return found


def set_path() -> None:
    """The function's code, its layers, the standard library, and last the SDK that Lambda brings along."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    named = [each for each in os.environ.get("PYTHONPATH", "").split(":") if each and each != "/var/runtime"]
    library = [each for each in sys.path if each.startswith("/var/lang/lib/python")]
    layers = [f"/opt/python/lib/{version}/site-packages", "/opt/python"]
    sys.path[:] = ["/var/task", *layers, *named, *library, "/var/sdk"]


def set_logging(request: dict[str, str]) -> None:
    class Formatter(logging.Formatter):
        converter = time.gmtime  # type: ignore[assignment]

        def format(self, record: logging.LogRecord) -> str:
            record.aws_request_id = request["id"]
            return super().format(record)

    handler = logging.StreamHandler(sys.stdout)
    pattern = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    handler.setFormatter(Formatter(pattern, "%Y-%m-%dT%H:%M:%S"))
    logging.getLogger().addHandler(handler)


def described(error: BaseException, request_id: str | None) -> dict[str, Any]:
    """The error as the invoker gets it."""
    kind = error.kind if isinstance(error, Failure) else type(error).__name__
    answer: dict[str, Any] = {"errorMessage": str(error), "errorType": kind}
    if request_id is not None:
        answer["requestId"] = request_id
    answer["stackTrace"] = [] if isinstance(error, Failure) else traceback.format_list(frames(error))
    return answer


def frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith("/var/runtime/")]


def report(error: BaseException, request_id: str | None) -> None:
    """The error as the function's log gets it."""
    answer = described(error, request_id)
    lines = [f"[ERROR] {answer['errorType']}: {answer['errorMessage']}"]
    if answer["stackTrace"]:
        lines += ["Traceback (most recent call last):", *(each.rstrip("\n") for each in answer["stackTrace"])]
    sys.stdout.write("\n".join(lines) + "\n")


def flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def unserializable(value: object) -> None:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


if __name__ == "__main__":
    sys.exit(main())
