"""Refusals as each of AWS's protocols writes them: status, headers, body."""

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from local.identity.operations import Protocol

XML = "text/xml"


@dataclass(frozen=True)
class Refusal:
    """`kind` is ours; `codes` gives each protocol's own code for it."""

    kind: str
    message: str


# kind → protocol family → (HTTP status, code)
_CODES: dict[str, dict[str, tuple[int, str]]] = {
    "denied": {
        "json": (400, "AccessDeniedException"),
        "rest-json": (403, "AccessDeniedException"),
        "query": (403, "AccessDenied"),
        "ec2": (403, "UnauthorizedOperation"),
        "s3": (403, "AccessDenied"),
    },
    "unsigned": {
        "json": (400, "MissingAuthenticationTokenException"),
        "rest-json": (403, "MissingAuthenticationTokenException"),
        "query": (403, "MissingAuthenticationToken"),
        "ec2": (403, "MissingAuthenticationToken"),
        "s3": (403, "AccessDenied"),
    },
    "unknown-key": {
        "json": (400, "UnrecognizedClientException"),
        "rest-json": (403, "UnrecognizedClientException"),
        "query": (403, "InvalidClientTokenId"),
        "ec2": (401, "AuthFailure"),
        "s3": (403, "InvalidAccessKeyId"),
    },
    "expired-token": {
        "json": (400, "ExpiredTokenException"),
        "rest-json": (403, "ExpiredTokenException"),
        "query": (403, "ExpiredToken"),
        "ec2": (400, "RequestExpired"),
        "s3": (400, "ExpiredToken"),
    },
    "SignatureDoesNotMatch": {
        "json": (400, "InvalidSignatureException"),
        "rest-json": (403, "InvalidSignatureException"),
        "query": (403, "SignatureDoesNotMatch"),
        "ec2": (401, "AuthFailure"),
        "s3": (403, "SignatureDoesNotMatch"),
    },
    "ExpiredSignature": {
        "json": (400, "InvalidSignatureException"),
        "rest-json": (403, "InvalidSignatureException"),
        "query": (403, "SignatureDoesNotMatch"),
        "ec2": (400, "RequestExpired"),
        "s3": (403, "AccessDenied"),
    },
    "malformed": {
        "json": (400, "IncompleteSignatureException"),
        "rest-json": (400, "IncompleteSignatureException"),
        "query": (400, "IncompleteSignature"),
        "ec2": (400, "IncompleteSignature"),
        "s3": (400, "AuthorizationHeaderMalformed"),
    },
}
_FAMILIES: dict[Protocol, str] = {
    "json": "json",
    "cbor": "json",
    "rest-json": "rest-json",
    "rest-xml": "s3",
    "query": "query",
    "ec2": "ec2",
}


def answer(refusal: Refusal, protocol: Protocol, method: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    family = _FAMILIES[protocol]
    kind = refusal.kind if refusal.kind in _CODES else "malformed"
    status, code = _CODES[kind][family]
    content_type, body = _BODIES[family](code, refusal.message, str(uuid.uuid4()))
    payload = b"" if method == "HEAD" else body.encode()
    headers = [("Content-Type", content_type), ("Content-Length", str(len(payload))), ("x-amzn-ErrorType", code)]
    start_response(f"{status} {_REASONS[status]}", headers)
    return [payload]


_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}


def _json(code: str, message: str, _: str) -> tuple[str, str]:
    # Services differ in the case of the message's key, and clients read either.
    return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message, "Message": message})


def _rest_json(code: str, message: str, _: str) -> tuple[str, str]:
    return "application/json", json.dumps({"message": message, "Message": message})


def _query(code: str, message: str, request_id: str) -> tuple[str, str]:
    return XML, (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _ec2(code: str, message: str, request_id: str) -> tuple[str, str]:
    if code == "UnauthorizedOperation":
        message = f"You are not authorized to perform this operation. {message}"
    return XML, (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    )


def _s3(code: str, message: str, request_id: str) -> tuple[str, str]:
    return "application/xml", (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>"
    )


_BODIES: dict[str, Callable[[str, str, str], tuple[str, str]]] = {
    "json": _json,
    "rest-json": _rest_json,
    "query": _query,
    "ec2": _ec2,
    "s3": _s3,
}
