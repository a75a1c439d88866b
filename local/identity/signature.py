"""AWS's request signatures: what a request claims, and whether the claim holds for a given secret.

Signature Version 4 in the header or in the query (presigned), and Signature Version 2 in the query, which
boto3 still uses for presigned S3 URLs in us-east-1.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from local.identity.request import WireRequest

SKEW = timedelta(minutes=15)
EMPTY = hashlib.sha256(b"").hexdigest()
UNRESERVED = "-_.~"
_HEADER = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
# What Signature Version 2 signs of the query besides the path.
_SUBRESOURCES = frozenset(
    (
        *("acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber", "policy"),
        *("requestPayment", "restore", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning"),
        *("versions", "website", "response-content-type", "response-content-language", "response-expires"),
        *("response-cache-control", "response-content-disposition", "response-content-encoding"),
    )
)


class SignatureError(Exception):
    """`code` is one of AWS's own; the message goes to the caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Claim:
    """Who a request says it is from, for which service and region, and the proof."""

    access_key: str
    session_token: str | None
    service: str
    region: str
    signature: str
    signed_headers: tuple[str, ...]
    date: str  # X-Amz-Date, or Expires in seconds since the epoch for version 2
    expires: int | None  # seconds after `date` for presigned requests
    presigned: bool
    version: int = 4


def claim_of(request: WireRequest) -> Claim | None:
    """What the request claims; None when it is not signed. SignatureError when the claim cannot be read."""
    authorization = request.header("authorization") or ""
    if authorization.startswith("AWS4-HMAC-SHA256"):
        return _header_claim(request, authorization)
    arguments = request.arguments
    if "X-Amz-Signature" in arguments:
        return _query_claim(arguments)
    if "AWSAccessKeyId" in arguments and "Signature" in arguments:
        return Claim(
            arguments["AWSAccessKeyId"],
            arguments.get("x-amz-security-token"),
            "s3",
            "us-east-1",
            arguments["Signature"],
            (),
            arguments.get("Expires", "0"),
            None,
            presigned=True,
            version=2,
        )
    return None


def verify(request: WireRequest, claim: Claim, secret: str, now: datetime | None = None) -> None:
    """SignatureError unless the request was signed with `secret` and is not too old."""
    now = now or datetime.now(UTC)
    if claim.version == 2:
        _verify_version_2(request, claim, secret, now)
        return
    _check_date(claim, now)
    expected = _signature(secret, claim, canonical_request(request, claim))
    if not hmac.compare_digest(expected, claim.signature):
        raise SignatureError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        )


def canonical_request(request: WireRequest, claim: Claim) -> str:
    headers = "".join(f"{name}:{' '.join((request.header(name) or '').split())}\n" for name in claim.signed_headers)
    query = sorted((_quote(name), _quote(value)) for name, value in request.query if name != "X-Amz-Signature")
    return "\n".join(
        (
            request.method,
            _canonical_path(request.raw_path, claim.service),
            "&".join(f"{name}={value}" for name, value in query),
            headers,
            ";".join(claim.signed_headers),
            _payload_hash(request, claim),
        )
    )


def _header_claim(request: WireRequest, authorization: str) -> Claim:
    fields = dict(_HEADER.findall(authorization))
    if len(fields) != 3:
        raise SignatureError(
            "IncompleteSignature", "Authorization header requires Credential, SignedHeaders, Signature"
        )
    access_key, _, region, service = _scope(fields["Credential"])
    return Claim(
        access_key,
        request.header("x-amz-security-token"),
        service,
        region,
        fields["Signature"],
        tuple(fields["SignedHeaders"].split(";")),
        request.header("x-amz-date") or "",
        None,
        presigned=False,
    )


def _query_claim(arguments: dict[str, str]) -> Claim:
    access_key, _, region, service = _scope(arguments.get("X-Amz-Credential", ""))
    return Claim(
        access_key,
        arguments.get("X-Amz-Security-Token"),
        service,
        region,
        arguments["X-Amz-Signature"],
        tuple(arguments.get("X-Amz-SignedHeaders", "host").split(";")),
        arguments.get("X-Amz-Date", ""),
        _number(arguments.get("X-Amz-Expires", "0")),
        presigned=True,
    )


def _scope(credential: str) -> tuple[str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise SignatureError("IncompleteSignature", "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request")
    return parts[0], parts[1], parts[2], parts[3].lower()


def _number(text: str) -> int:
    if not text.isdigit():
        raise SignatureError("AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
    return int(text)


def signed_at(claim: Claim) -> datetime:
    try:
        return datetime.strptime(claim.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError(
            "IncompleteSignature", f"Date must be in ISO-8601 basic format. Got '{claim.date}'"
        ) from None


def _check_date(claim: Claim, now: datetime) -> None:
    at = signed_at(claim)
    last = at + (timedelta(seconds=claim.expires) if claim.expires is not None else SKEW)
    if now > last:
        raise SignatureError(
            "ExpiredSignature", f"Signature expired: {claim.date} is now earlier than {now:%Y%m%dT%H%M%SZ}"
        )
    if at > now + SKEW:
        raise SignatureError("SignatureDoesNotMatch", f"Signature not yet current: {claim.date} is still later")


def _signature(secret: str, claim: Claim, canonical: str) -> str:
    day = claim.date[:8]
    to_sign = "\n".join(
        (
            "AWS4-HMAC-SHA256",
            claim.date,
            f"{day}/{claim.region}/{claim.service}/aws4_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    return _hmac(signing_key(secret, day, claim.region, claim.service), to_sign).hex()


@lru_cache(maxsize=256)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of a day, region and service: four hashes that every request of a session shares."""
    key = _hmac(f"AWS4{secret}".encode(), day)
    for part in (region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _quote(text: str) -> str:
    return quote(text, safe=UNRESERVED)


def _canonical_path(raw_path: str, service: str) -> str:
    """S3 signs the path as sent; every other service normalizes it and encodes it a second time."""
    if service in ("s3", "s3-object-lambda", "s3-outposts"):
        return raw_path
    kept: list[str] = []
    for part in raw_path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    path = "/" + "/".join(kept) + ("/" if kept and raw_path.endswith("/") else "")
    return quote(path, safe="/" + UNRESERVED)


def _payload_hash(request: WireRequest, claim: Claim) -> str:
    """S3's is taken as declared, so that uploads stream; of all others the body itself is hashed."""
    declared = request.header("x-amz-content-sha256")
    if claim.service == "s3":
        return declared or "UNSIGNED-PAYLOAD"
    if declared and not re.fullmatch(r"[0-9a-f]{64}", declared):
        return declared  # UNSIGNED-PAYLOAD, and the streaming forms
    return hashlib.sha256(request.body).hexdigest()


def _verify_version_2(request: WireRequest, claim: Claim, secret: str, now: datetime) -> None:
    if not claim.date.isdigit() or now.timestamp() > int(claim.date):
        raise SignatureError("ExpiredSignature", "Request has expired")
    amz = sorted((n.lower(), v) for n, v in request.query if n.lower().startswith("x-amz-"))
    resource = sorted((n, v) for n, v in request.query if n in _SUBRESOURCES)
    path = request.raw_path
    if resource:
        path += "?" + "&".join(f"{name}={value}" if value else name for name, value in resource)
    to_sign = "\n".join(
        (
            request.method,
            request.header("content-md5") or "",
            request.header("content-type") or "",
            claim.date,
            "".join(f"{name}:{value}\n" for name, value in amz) + path,
        )
    )
    expected = b64encode(hmac.new(secret.encode(), to_sign.encode(), hashlib.sha1).digest()).decode()
    if not hmac.compare_digest(expected, claim.signature):
        raise SignatureError("SignatureDoesNotMatch", "The request signature we calculated does not match")
