"""The HTTP server: one connection for many requests, bodies in every form, answers of known and unknown length."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from local.httpd import Server


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    said = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']} {len(body)}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Raw", environ["RAW_URI"])])
    if environ["PATH_INFO"] == "/pieces":
        return iter([said, b"|", b"more"])
    return [said]


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(0, echo)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    yield client
    client.close()


def ask(client: http.client.HTTPConnection, method: str, path: str, **more: Any) -> tuple[int, bytes]:
    client.request(method, path, **more)
    answer = client.getresponse()
    return answer.status, answer.read()


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/a%2Fb?x=1") == (200, b"GET /a/b?x=1 0")
    first = connection.sock
    assert ask(connection, "POST", "/b", body=b"x" * 100_000) == (200, b"POST /b? 100000")
    assert connection.sock is first


def test_a_chunked_body_is_read(connection: http.client.HTTPConnection) -> None:
    pieces = iter([b"one", b"two" * 1000])
    assert ask(connection, "PUT", "/c", body=pieces, encode_chunked=True) == (200, b"PUT /c? 3003")
    assert ask(connection, "GET", "/d") == (200, b"GET /d? 0")


def test_an_answer_of_unknown_length_is_chunked(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/pieces") == (200, b"GET /pieces? 0|more")
    assert ask(connection, "GET", "/after") == (200, b"GET /after? 0")


def test_a_head_request_gets_no_body(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "HEAD", "/a") == (200, b"")
    assert ask(connection, "GET", "/a") == (200, b"GET /a? 0")


def test_a_client_that_waits_for_100_continue_gets_it(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client:
        client.sendall(b"PUT /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"abc")
        assert b"PUT /e? 3" in client.recv(1000)


def test_it_listens_on_the_loopback_only(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
