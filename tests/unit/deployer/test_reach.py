import base64
import contextlib
import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certifi
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deployer import reach
from deployer.errors import Unavailable
from deployer.kube.token import AwsKeys

TARGET = {
    "service": "shop", "environment": "dev", "namespace": "shop-dev", "ledger": "shop-releases",
    "cluster": {"name": "shop", "region": "eu-west-1"}, "deliveries": [{"kind": "manifests", "path": "manifests"}],
}  # fmt: skip
KEYS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_SESSION_TOKEN": "ST"}


@contextlib.contextmanager
def eks(code, told):
    """EKS's URL, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            body = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def environ(url="", **more):
    return {"SHIPLINE_TARGET": json.dumps(TARGET), **KEYS, **({"AWS_ENDPOINT_URL": url} if url else {}), **more}


def described(**changes):
    authority = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    pem = authority[0][authority[0].index("-----BEGIN") :] + authority[1] + "\n"
    usual = {
        "status": "ACTIVE",
        "endpoint": "https://127.0.0.1:1",
        "certificateAuthority": {"data": base64.b64encode(pem.encode()).decode()},
    }
    return {"cluster": {**usual, **changes}}


@pytest.mark.parametrize("token", ["ST", ""])
def test_signature_is_the_sdks(token):
    now = dt.datetime.now(dt.UTC)
    host, path = "eks.eu-west-1.amazonaws.com", "/clusters/shop"
    ours = reach.signed(AwsKeys("AK", "SK", token), "eu-west-1", host, path, now)
    request = AWSRequest("GET", f"https://{host}{path}", headers={})
    signer = SigV4Auth(Credentials("AK", "SK", token or None), "eks", "eu-west-1")
    request.context["timestamp"] = ours["x-amz-date"]
    signer._modify_request_before_signing(request)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert ours["authorization"].endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    ("code", "told"),
    [(403, {"message": "not authorized"}), (200, {}), (200, described(status="CREATING")), (200, ["no object"])],
    ids=["refused", "of another shape", "not there yet", "a list"],
)
def test_what_eks_does_not_say_is_left_to_boto3(code, told):
    with eks(code, told) as (url, asked):
        assert reach.reach(environ(url)).answer(lambda secrets: None) is None
    assert [path for path, _ in asked] == ["/clusters/shop"]


def test_a_cluster_that_does_not_answer_is_told_as_ever():
    with eks(200, described()) as (url, _):
        begun = reach.reach(environ(url), patience=0.1)
        with pytest.raises(Unavailable, match=r"https://127\.0\.0\.1:1 does not answer"):
            begun.answer(lambda secrets: None)


@pytest.mark.parametrize(
    "changed",
    [{"AWS_SECRET_ACCESS_KEY": None}, {"HTTPS_PROXY": "http://proxy"}, {"SHIPLINE_TARGET": "{"}],
    ids=["no keys of its own", "a proxy", "no target"],
)
def test_nothing_is_begun_where_only_boto3_knows_how(changed):
    found = {name: value for name, value in {**environ(), **changed}.items() if value is not None}
    assert reach.reach(found) is None
