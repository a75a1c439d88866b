"""Signatures against AWS's own published examples, and against what botocore signs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.identity.request import WireRequest
from local.identity.signature import Claim, SignatureError, claim_of, verify

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def wire(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> WireRequest:
    from io import BytesIO

    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "RAW_URI": target,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return WireRequest(environ)


def authorization(signature: str, headers: str = "host;x-amz-date") -> str:
    return (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={headers}, Signature={signature}"
    )


def signed(request: WireRequest) -> Claim:
    claim = claim_of(request)
    assert claim is not None
    return claim


@pytest.mark.parametrize(
    ("target", "signature"),
    [
        ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/?Param1=value1&Param2=value2", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)
def test_the_published_examples_verify(target: str, signature: str) -> None:
    headers = {"Host": "example.amazonaws.com", "X-Amz-Date": "20150830T123600Z"}
    request = wire("GET", target, {**headers, "Authorization": authorization(signature)})
    verify(request, signed(request), SECRET, AT)


def test_the_published_presigned_example_verifies() -> None:
    target = (
        "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = wire("GET", target, {"Host": "examplebucket.s3.amazonaws.com"})
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    verify(request, signed(request), secret, datetime(2013, 5, 24, 23, tzinfo=UTC))
    with pytest.raises(SignatureError, match="expired"):
        verify(request, signed(request), secret, datetime(2013, 5, 25, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "path", ["/", "/a/b", "/a%20b/c%2Fd", "/functions/arn%3Aaws%3Alambda%3A1/invocations", "/a//b/"]
)
@pytest.mark.parametrize("query", ["", "?x=1&y=a%20b&x=0&empty=", "?list-type=2&prefix=a%2Bb%2F"])
@pytest.mark.parametrize("body", [b"", b'{"a": "\xc3\xbc"}'])
def test_what_botocore_signs_in_headers_verifies(path: str, query: str, body: bytes) -> None:
    sent = AWSRequest("POST", f"http://127.0.0.1:4566{path}{query}", {"Content-Type": "application/json"}, body)
    SigV4Auth(Credentials("AKID", SECRET, "token"), "lambda", "us-east-1").add_auth(sent)
    request = wire("POST", path + query, {"Host": "127.0.0.1:4566", **dict(sent.headers.items())}, body)
    claim = signed(request)
    verify(request, claim, SECRET)
    assert (claim.access_key, claim.session_token, claim.service) == ("AKID", "token", "lambda")
    assert request.environ["wsgi.input"].read() == body, "the body is still there for the application"


def test_a_changed_body_does_not_verify() -> None:
    sent = AWSRequest("POST", "http://h/", {}, b"one")
    SigV4Auth(Credentials("AKID", SECRET), "dynamodb", "us-east-1").add_auth(sent)
    request = wire("POST", "/", {"Host": "h", **dict(sent.headers.items())}, b"two")
    with pytest.raises(SignatureError) as raised:
        verify(request, signed(request), SECRET)
    assert raised.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("auth", [SigV4QueryAuth, S3SigV4QueryAuth])
def test_what_botocore_presigns_verifies_until_it_expires(auth: Any) -> None:
    sent = AWSRequest("GET", "http://h/bucket/a%20b%2Bc")
    service = "s3" if auth is S3SigV4QueryAuth else "sts"
    auth(Credentials("AKID", SECRET, "to/k=en"), service, "us-east-1", expires=60).add_auth(sent)
    request = wire("GET", sent.url.removeprefix("http://h"), {"Host": "h"})
    verify(request, signed(request), SECRET)
    with pytest.raises(SignatureError) as raised:
        verify(request, signed(request), SECRET, datetime.now(UTC) + timedelta(seconds=70))
    assert raised.value.code == "ExpiredSignature"


def test_a_wrong_secret_an_old_date_and_a_future_date_do_not_verify() -> None:
    sent = AWSRequest("GET", "http://h/")
    SigV4Auth(Credentials("AKID", SECRET), "sts", "us-east-1").add_auth(sent)
    request = wire("GET", "/", {"Host": "h", **dict(sent.headers.items())})
    now = datetime.now(UTC)
    for secret, at in ((SECRET[1:], now), (SECRET, now + timedelta(minutes=16)), (SECRET, now - timedelta(minutes=16))):
        with pytest.raises(SignatureError):
            verify(request, signed(request), secret, at)


def test_an_unsigned_request_makes_no_claim() -> None:
    assert claim_of(wire("GET", "/?x=1", {"Host": "h"})) is None


@pytest.mark.parametrize(
    "header", ["AWS4-HMAC-SHA256 nonsense", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=h, Signature=s"]
)
def test_an_unreadable_claim_is_an_error(header: str) -> None:
    with pytest.raises(SignatureError):
        claim_of(wire("GET", "/", {"Authorization": header}))


def test_the_region_and_service_are_part_of_the_signature() -> None:
    sent = AWSRequest("GET", "http://h/")
    SigV4Auth(Credentials("AKID", SECRET), "sts", "us-east-1").add_auth(sent)
    request = wire("GET", "/", {"Host": "h", **dict(sent.headers.items())})
    with pytest.raises(SignatureError):
        verify(request, replace(signed(request), region="eu-west-1"), SECRET)
