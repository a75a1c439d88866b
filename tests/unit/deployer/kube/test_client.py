import base64
import datetime as dt
import http.server
import json
import ssl
import subprocess
import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from deployer.errors import Unavailable
from deployer.kube.client import Call, Endpoint, Kube
from deployer.kube.errors import ApiError, Conflict, Forbidden, NotFound
from deployer.kube.token import AwsKeys, EksToken


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem",
        ],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


class Script(http.server.ThreadingHTTPServer):
    """Answers each request with the next of `answers`: (code, body, headers), or None to cut the connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers, self.seen = [], []

    def handle_error(self, request, client_address):
        """Cut connections are what these tests are about."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, self.headers["Authorization"]))
        answer = self.server.answers.pop(0)
        if callable(answer):
            answer = answer(self)
        if answer is None:
            self.close_connection = True
            return
        code, body, *headers = answer
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in headers[0].items() if headers else ():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_PATCH = do_GET  # noqa: N815 (http.server's name)

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def server(certificate):
    script = Script(certificate)
    thread = threading.Thread(target=script.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield script
    script.shutdown()
    thread.join()
    script.server_close()


@pytest.fixture
def kube(server, certificate):
    tokens = iter(["first", "second", "third"])
    held = [next(tokens)]

    def bearer(renew=False):
        if renew:
            held[0] = next(tokens)
        return held[0]

    url = f"https://127.0.0.1:{server.server_address[1]}"
    made = Kube(Endpoint(url, (certificate / "cert.pem").read_text(), "function f's role"), bearer, patience=3.0)
    yield made
    made.close()


def test_a_connection_is_kept_and_a_query_is_sorted(server, kube):
    server.answers = [(200, {"a": 1}), (200, {"a": 2})]
    assert kube.get("/x", b="2", a="1") == {"a": 1}
    assert kube.get("/x") == {"a": 2}
    assert server.seen[0][0] == "/x?a=1&b=2"


@pytest.mark.parametrize(
    "trouble",
    [
        (429, {}, {"Retry-After": "0"}),
        (503, {}),
        (504, {"reason": "Timeout"}),
        (500, {"reason": "InternalError", "message": "failed calling webhook"}),
        None,
    ],
    ids=["429", "503", "504", "500 with a reason", "cut"],
)
def test_what_may_pass_is_tried_again(server, kube, trouble):
    server.answers = [trouble, trouble, (200, {"ok": True})]
    assert kube.get("/x") == {"ok": True}


def test_a_schema_error_is_a_500_without_a_reason_and_never_tried_again(server, kube):
    server.answers = [(500, {"message": "failed to create typed patch object"})]
    with pytest.raises(ApiError, match="typed patch"):
        kube.request("PATCH", "/x", body={})
    assert len(server.seen) == 1


def test_a_401_renews_the_token_once(server, kube):
    server.answers = [(401, {}), (200, {"ok": True})]
    assert kube.get("/x") == {"ok": True}
    assert [token for _, token in server.seen] == ["Bearer first", "Bearer second"]


def test_a_second_401_says_that_the_entry_is_missing(server, kube):
    server.answers = [(401, {}), (401, {})]
    with pytest.raises(Forbidden) as caught:
        kube.get("/x")
    assert "no EKS access entry" in str(caught.value)
    assert "function f's role" in str(caught.value)


@pytest.mark.parametrize(("code", "kind"), [(404, NotFound), (409, Conflict), (403, Forbidden), (422, ApiError)])
def test_a_refusal_is_an_error_of_its_kind(server, kube, code, kind):
    server.answers = [(code, {"message": "no", "reason": "R"})]
    with pytest.raises(kind, match="no"):
        kube.get("/x")


def test_silence_is_unavailable_after_patience(server, kube):
    server.answers = [None] * 1000
    with pytest.raises(Unavailable, match="does not answer"):
        kube.get("/x")


def test_a_certificate_of_another_authority_is_not_trusted(server, certificate, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    url = f"https://127.0.0.1:{server.server_address[1]}"
    other = Kube(Endpoint(url, (tmp_path / "cert.pem").read_text(), "x"), lambda renew=False: "t", patience=3.0)
    with pytest.raises(Unavailable, match="certificate"):
        other.get("/x")


def test_threads_share_a_client_and_keep_their_order(server, kube):
    server.answers = [(200, {})] * 40
    assert kube.map(lambda n: (kube.get(f"/{n}"), n)[1], range(40)) == list(range(40))


def echo(handler):
    return 200, {"path": handler.path}


def test_many_keep_their_order_and_a_refusal_stands_in_its_place(server, kube):
    server.answers = [lambda handler: (404, {"message": "no"}) if handler.path == "/3" else echo(handler)] * 40
    answers = kube.many(Call("GET", f"/{number}", subject=f"thing {number}") for number in range(40))
    assert isinstance(answers[3], NotFound)
    assert answers[3].subject == "thing 3"
    del answers[3]
    assert [answer["path"] for answer in answers] == [f"/{number}" for number in range(40) if number != 3]


def test_no_calls_are_no_requests(server, kube):
    assert kube.many([]) == []
    assert server.seen == []


def test_calls_are_taken_as_they_are_sent_and_never_more_at_a_time_than_connections(server, kube):
    taken, most = [], []

    def calls():
        for number in range(200):
            taken.append(number)
            most.append(len(taken) - len(server.seen))
            yield Call("GET", f"/{number}")

    server.answers = [echo] * 200
    assert len(kube.many(calls())) == 200
    assert max(most) <= 2 * 32  # those under way, and those that a connection is being opened for


def test_an_error_of_whoever_hands_in_calls_is_raised_after_what_is_under_way(server, kube):
    def calls():
        yield Call("GET", "/1")
        yield Call("GET", "/2")
        raise KeyError("the third")

    server.answers = [echo] * 3
    with pytest.raises(KeyError):
        kube.many(calls())
    server.answers = [echo]
    assert kube.get("/4") == {"path": "/4"}


def test_a_batch_without_an_answer_is_unavailable(server, kube):
    server.answers = [None] * 1000
    with pytest.raises(Unavailable, match="does not answer"):
        kube.many(Call("GET", f"/{number}") for number in range(5))


def test_a_server_that_closes_after_each_answer_is_served_without_an_error(server, kube):
    def last(handler):
        handler.close_connection = True
        return echo(handler)

    server.answers = [last] * 30
    assert len(kube.many(Call("GET", f"/{number}") for number in range(30))) == 30
    assert len(server.seen) == 30


def test_an_answer_that_is_no_json_is_asked_for_again(server, kube):
    def half(handler):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{"a":')
        handler.close_connection = True
        return

    server.answers = [half, echo]
    assert kube.get("/x") == {"path": "/x"}


def test_what_the_server_asks_to_wait_is_waited(server, kube):
    server.answers = [(429, {}, {"Retry-After": "1"}), (200, {})]
    began = time.monotonic()
    kube.get("/x")
    assert 1.0 <= time.monotonic() - began < 5.0


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_ten_minutes_off_costs_one_refused_token(server, certificate, minutes):
    off = dt.timedelta(minutes=minutes)

    def authenticator(handler):
        """As EKS does it, and as strict as AWS is about clocks."""
        token = handler.headers["Authorization"].removeprefix("Bearer k8s-aws-v1.")
        url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        date = dt.datetime.strptime(parse_qs(urlsplit(url).query)["X-Amz-Date"][0] + "+0000", "%Y%m%dT%H%M%SZ%z")
        return (401, {}) if abs(dt.datetime.now(dt.UTC) - date) > dt.timedelta(minutes=5) else (200, {"ok": True})

    bearer = EksToken(lambda: AwsKeys("A", "s"), "eu-west-1", "shop", clock=lambda: dt.datetime.now(dt.UTC) + off)
    url = f"https://127.0.0.1:{server.server_address[1]}"
    kube = Kube(Endpoint(url, (certificate / "cert.pem").read_text(), "x"), bearer, patience=3.0)
    server.answers = [authenticator] * 12
    assert kube.get("/x") == {"ok": True}
    assert kube.many(Call("GET", f"/{number}") for number in range(10)) == [{"ok": True}] * 10
    assert len(server.seen) == 12
    kube.close()


def test_a_path_below_which_the_server_is_published_comes_first(server, certificate):
    url = f"https://127.0.0.1:{server.server_address[1]}/clusters/c1/"
    kube = Kube(Endpoint(url, (certificate / "cert.pem").read_text(), "x"), lambda renew=False: "")
    server.answers = [echo]
    assert kube.get("/version") == {"path": "/clusters/c1/version"}
    assert server.seen == [("/clusters/c1/version", None)]
    kube.close()


def test_a_path_that_would_end_the_request_line_is_not_sent(server, kube):
    with pytest.raises(ValueError, match="not the path"):
        kube.get("/api HTTP/1.1\r\nX: y")
    assert server.seen == []


def test_a_kept_connection_that_is_closed_as_it_is_used_costs_no_attempt(server, certificate):
    url = f"https://127.0.0.1:{server.server_address[1]}"
    kube = Kube(Endpoint(url, (certificate / "cert.pem").read_text(), "x"), lambda renew=False: "t", patience=0.0)
    server.answers = [echo, None, echo]
    kube.get("/1")
    assert kube.get("/2") == {"path": "/2"}
    server.answers = [None]
    kube.close()
    with pytest.raises(Unavailable):  # the same on a connection that has never carried anything
        kube.get("/3")
