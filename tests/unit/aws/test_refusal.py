"""Errors of what is not here, as each protocol's clients read them."""

import json
from typing import Any

import pytest
from botocore.parsers import create_parser

from local.aws.refusal import asked, not_here

SCOPE = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"


def request(service: str, **more: str) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": SCOPE.format(service), "REQUEST_METHOD": "POST", "PATH_INFO": "/"} | more


@pytest.mark.parametrize(
    ("environ", "body", "protocol", "operation"),
    [
        (
            request("codepipeline", HTTP_X_AMZ_TARGET="CodePipeline_20150709.ListRuleTypes"),
            b"",
            "json",
            "ListRuleTypes",
        ),
        (
            request("sns", CONTENT_TYPE="application/x-www-form-urlencoded"),
            b"Action=Nothing&Version=1",
            "query",
            "Nothing",
        ),
        (request("ec2", CONTENT_TYPE="application/x-www-form-urlencoded"), b"Action=Nothing", "ec2", "Nothing"),
        (request("eks", PATH_INFO="/addons"), b"", "rest-json", "POST /addons"),
        (request("s3", PATH_INFO="/bucket"), b"", "rest-xml", "POST /bucket"),
    ],
)
def test_the_client_reads_the_error_of_its_protocol(
    environ: dict[str, Any], body: bytes, protocol: str, operation: str
) -> None:
    wanted = asked(environ, body)
    assert (wanted.protocol, wanted.operation) == (protocol, operation)
    status, headers, content = not_here(wanted).render(wanted.protocol)
    answer = {"status_code": int(status.split()[0]), "headers": dict(headers), "body": content}
    error = create_parser(protocol).parse(answer, None)["Error"]
    assert error["Code"] == "NotImplemented"
    assert f"does not have the operation {operation}" in error["Message"]


def test_a_body_of_json_is_json() -> None:
    wanted = asked(request("eks"), b"")
    assert json.loads(not_here(wanted).render("rest-json")[2])["code"] == "NotImplemented"
