import http.server
import json
import ssl
import subprocess
import threading

import pytest

from deployer.errors import Unavailable
from deployer.kube.client import Endpoint, Kube
from deployer.kube.errors import ApiError, Conflict, Forbidden, NotFound


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


def test_many_at_a_time_keep_their_order(server, kube):
    server.answers = [(200, {})] * 40
    assert kube.map(lambda n: (kube.get(f"/{n}"), n)[1], range(40)) == list(range(40))
