"""What every request passes first."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest

from local.aws.front import Front

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
TARGET = {"HTTP_X_AMZ_TARGET": "Service.{}", "REQUEST_METHOD": "POST", "PATH_INFO": "/"}


def answering(body: bytes, status: str = "200 OK", kind: str = "text/plain") -> Application:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(status, [("Content-Type", kind)])
        return [body]

    return app


def raising(error: Exception) -> Application:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise error

    return app


class Asked:
    def __init__(self, moto: Application) -> None:
        self.changes = 0
        self.front = Front(moto, self.changed)

    def changed(self) -> None:
        self.changes += 1

    def __call__(self, operation: str = "CreateThing", path: str = "/") -> tuple[str, bytes]:
        said: list[str] = []
        environ = TARGET | {"HTTP_X_AMZ_TARGET": f"Service.{operation}", "PATH_INFO": path, "wsgi.input": BytesIO()}
        body = b"".join(self.front(environ, lambda status, headers, exc_info=None: said.append(status)))
        return said[0], body


def test_a_mounted_prefix_is_served_before_moto() -> None:
    asked = Asked(answering(b"moto"))
    asked.front.mount("/v1/repos/", answering(b"git"))
    assert asked(path="/v1/repos/shop/info/refs") == ("200 OK", b"git")
    assert asked(path="/v1/other") == ("200 OK", b"moto")


def test_a_prefix_is_mounted_once() -> None:
    front = Front(answering(b""), lambda: None)
    front.mount("/a/", answering(b""))
    with pytest.raises(ValueError, match="/a/ is mounted already"):
        front.mount("/a/", answering(b""))


def test_the_gate_stands_before_moto_only() -> None:
    asked = Asked(answering(b"moto"))
    asked.front.mount("/open/", answering(b"open"))
    asked.front.gate(lambda app: answering(b"refused", "403 Forbidden"))
    assert asked()[0] == "403 Forbidden"
    assert asked(path="/open/x") == ("200 OK", b"open")


@pytest.mark.parametrize(
    ("moto", "code"),
    [
        (raising(NotImplementedError("x")), b"NotImplemented"),
        (raising(AttributeError("'NoneType'")), b"InternalFailure"),
        (answering(b"<html>", "404 NOT FOUND", "text/html; charset=utf-8"), b"NotImplemented"),
    ],
)
def test_what_moto_cannot_answer_is_a_modelled_error(moto: Application, code: bytes) -> None:
    status, body = Asked(moto)()
    assert status.startswith("501")
    assert code in body
    assert b"html" not in body


def test_only_what_may_change_something_counts_as_a_change() -> None:
    asked = Asked(answering(b""))
    for operation in ("DescribeStacks", "ListThings", "GetPipelineState", "BatchGetBuilds", "Scan"):
        asked(operation)
    assert asked.changes == 0
    for operation in ("CreateStack", "PutItem", "DeleteThing", "AssumeRole"):
        asked(operation)
    assert asked.changes == 4
