"""Errors in each of AWS's protocols, for requests that no service here could answer.

A client must read them as any other error of the service: a body of HTML makes the AWS CLI retry four times and
then say "XML parse error".
"""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Protocol = Literal["json", "query", "ec2", "rest-json", "rest-xml"]
SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/,]+)/aws4_request")


@dataclass(frozen=True)
class Asked:
    """What a request asks for, as far as it shows without knowing the service."""

    service: str
    operation: str
    protocol: Protocol


def asked(environ: dict[str, Any], body: bytes) -> Asked:
    """`body` is read for the Query protocol only, where it names the operation."""
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = scope.group(2) if scope else "s3"
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return Asked(service, target.rpartition(".")[2], "json")
    action = _action(environ, body)
    if action:
        return Asked(service, action, "ec2" if service == "ec2" else "query")
    spoken = _protocol(service)
    path = environ.get("PATH_INFO", "/")
    return Asked(service, f"{environ.get('REQUEST_METHOD', 'GET')} {path}", spoken)


def _action(environ: dict[str, Any], body: bytes) -> str | None:
    named = parse_qs(environ.get("QUERY_STRING", "")).get("Action")
    if not named and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        named = parse_qs(body.decode("utf-8", "replace")).get("Action")
    return named[0] if named else None


def _protocol(service: str) -> Protocol:
    """Of a request with neither target nor action: REST, which three services speak in XML."""
    return "rest-xml" if service in ("s3", "route53", "cloudfront") else "rest-json"


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str
    message: str

    def render(self, protocol: Protocol) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, headers and body."""
        request_id = str(uuid.uuid4())
        content_type, body = BODIES[protocol](self, request_id)
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("x-amzn-RequestId", request_id),
            ("x-amzn-ErrorType", self.code),
        ]
        return f"{self.status} {'Not Implemented' if self.status == 501 else 'Error'}", headers, body


def _json(refusal: Refusal, _: str) -> tuple[str, bytes]:
    return "application/x-amz-json-1.1", _dump({"__type": refusal.code, "message": refusal.message})


def _rest_json(refusal: Refusal, _: str) -> tuple[str, bytes]:
    return "application/json", _dump({"code": refusal.code, "message": refusal.message})


def _dump(value: dict[str, str]) -> bytes:
    return json.dumps(value).encode()


def _inner(refusal: Refusal) -> str:
    return f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"


def _query(refusal: Refusal, request_id: str) -> tuple[str, bytes]:
    error = f"<Error><Type>Sender</Type>{_inner(refusal)}</Error>"
    text = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
    return "text/xml", text.encode()


def _ec2(refusal: Refusal, request_id: str) -> tuple[str, bytes]:
    text = f"<Response><Errors><Error>{_inner(refusal)}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    return "text/xml", text.encode()


def _rest_xml(refusal: Refusal, request_id: str) -> tuple[str, bytes]:
    text = f"<Error>{_inner(refusal)}<RequestId>{request_id}</RequestId></Error>"
    return "application/xml", text.encode()


BODIES = {"json": _json, "query": _query, "ec2": _ec2, "rest-json": _rest_json, "rest-xml": _rest_xml}


def not_here(request: Asked) -> Refusal:
    return Refusal(
        501,
        "NotImplemented",
        f"the local AWS does not have the operation {request.operation} of {request.service}; "
        "what it has is listed in docs/differences.md",
    )


def broken(request: Asked, error: BaseException) -> Refusal:
    """A bug here or in moto: 501, because clients retry a 500 and would only meet the same bug again."""
    return Refusal(
        501,
        "InternalFailure",
        f"the local AWS failed in {request.operation} of {request.service}: {type(error).__name__}: {error}; "
        "the whole story is in the machine's log (`shipline logs`)",
    )
