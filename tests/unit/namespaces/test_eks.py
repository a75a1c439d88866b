"""The requests to AWS, held against botocore's own signatures."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from namespaces.eks import Account, api_server, token
from namespaces.errors import NotYet, Refused
from namespaces.signature import Credentials, Signer

CREDENTIALS = Credentials("AKIAEXAMPLE", "secret/+key", "session/+token==")
THEIRS = BotocoreCredentials("AKIAEXAMPLE", "secret/+key", "session/+token==")
ACCOUNT = Account("eu-west-1", CREDENTIALS, None)
DESCRIBED = {
    "cluster": {
        "endpoint": "https://x.eks",
        "certificateAuthority": {"data": base64.b64encode(b"PEM").decode()},
    }
}


def now() -> datetime:
    return datetime.now(UTC)


def opened(made: str) -> str:
    """The URL inside of a token."""
    encoded = made.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def test_signed_headers_are_botocores() -> None:
    url = "https://eks.eu-west-1.amazonaws.com/clusters/shop"
    theirs = AWSRequest("GET", url, data=b"")
    SigV4Auth(THEIRS, "eks", "eu-west-1").add_auth(theirs)
    at = datetime.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = Signer(CREDENTIALS, "eu-west-1", "eks", at).headers(url)
    assert ours["authorization"] == theirs.headers["Authorization"]


def test_presigned_urls_are_botocores() -> None:
    url = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    theirs = AWSRequest("GET", url, headers={"x-k8s-aws-id": "shop"}, data=b"")
    SigV4QueryAuth(THEIRS, "sts", "eu-west-1", expires=60).add_auth(theirs)
    at = datetime.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = opened(token(ACCOUNT, "shop", at))
    assert dict(parse_qsl(urlsplit(ours).query)) == dict(parse_qsl(urlsplit(theirs.url).query))


def test_tokens_are_bound_to_the_cluster_and_go_to_the_regions_own_sts() -> None:
    url = urlsplit(opened(token(ACCOUNT, "shop", now())))
    query = parse_qs(url.query)
    assert url.hostname == "sts.eu-west-1.amazonaws.com"
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]


@pytest.mark.parametrize(
    ("account", "url"),
    [
        (ACCOUNT, "https://eks.eu-west-1.amazonaws.com"),
        (replace(ACCOUNT, region="cn-north-1"), "https://eks.cn-north-1.amazonaws.com.cn"),
        (replace(ACCOUNT, endpoint="http://127.0.0.1:4566/"), "http://127.0.0.1:4566"),
    ],
)
def test_aws_is_where_the_region_or_the_environment_says(account: Account, url: str) -> None:
    assert account.url("eks") == url


@pytest.fixture
def eks() -> Iterator[tuple[Account, list[tuple[int, object]], list[str]]]:
    """EKS's endpoint: the account that reaches it, what it will answer, and what it was asked."""
    answers: list[tuple[int, object]] = []
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, content = answers.pop(0)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield replace(ACCOUNT, endpoint=f"http://127.0.0.1:{server.server_port}"), answers, asked
    server.shutdown()
    server.server_close()


Eks = tuple[Account, list[tuple[int, object]], list[str]]


def test_a_cluster_is_described_by_its_name(eks: Eks) -> None:
    account, answers, asked = eks
    answers.append((200, DESCRIBED))
    found = api_server(account, "shop")
    assert (found.endpoint, found.authority, asked) == ("https://x.eks", "PEM", ["/clusters/shop"])
    assert found.token.startswith("k8s-aws-v1.")


def test_a_private_api_server_is_refused_with_the_remedy(eks: Eks) -> None:
    account, answers, _ = eks
    private = {**DESCRIBED["cluster"], "resourcesVpcConfig": {"endpointPublicAccess": False}}
    answers.append((200, {"cluster": private}))
    with pytest.raises(Refused, match=r"cluster shop .* allow public access to its endpoint"):
        api_server(account, "shop")


def test_a_private_api_server_is_reached_from_inside(eks: Eks) -> None:
    account, answers, _ = eks
    private = {**DESCRIBED["cluster"], "resourcesVpcConfig": {"endpointPublicAccess": False}}
    answers.append((200, {"cluster": private}))
    assert api_server(replace(account, inside=True), "shop").endpoint == "https://x.eks"


@pytest.mark.parametrize(
    ("status", "kind"), [(403, NotYet), (429, NotYet), (503, NotYet), (404, Refused), (400, Refused)]
)
def test_refusals_tell_what_passes_from_what_stays(eks: Eks, status: int, kind: type[Exception]) -> None:
    account, answers, _ = eks
    answers.append((status, {"message": "because"}))
    with pytest.raises(kind, match=f"DescribeCluster of shop: {status} .*because"):
        api_server(account, "shop")


def test_an_endpoint_that_is_not_there_may_come() -> None:
    with pytest.raises(NotYet, match="does not answer"):
        api_server(replace(ACCOUNT, endpoint="http://127.0.0.1:9"), "shop")


def test_the_account_is_what_lambdas_environment_says() -> None:
    environ = {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret/+key",
        "AWS_SESSION_TOKEN": "session/+token==",
    }
    assert Account.of(environ) == ACCOUNT
