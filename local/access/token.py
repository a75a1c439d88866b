"""EKS bearer tokens: `k8s-aws-v1.` + base64url of a presigned STS GetCallerIdentity URL that names the cluster.

The cluster's name is not in the token: it is a signed header that the verifier has to know.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

from local.context import Principal
from local.identity.keys import ExpiredToken
from local.identity.request import WireRequest
from local.identity.signature import Claim, SignatureError, claim_of, verify

PREFIX = "k8s-aws-v1."
LONGEST = 4096
LIFETIME = 900  # seconds after X-Amz-Date, whatever X-Amz-Expires says
CLUSTER_HEADER = "x-k8s-aws-id"
_PARAMETERS = frozenset(
    (
        *("action", "version", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires"),
        *("x-amz-security-token", "x-amz-signature", "x-amz-signedheaders", "x-amz-user-agent"),
    )
)


class BadToken(Exception):
    """Why a token is refused; nothing of the token is in the message."""


class Callers(Protocol):
    """Who a key belongs to and what its secret is: the identity room's Authority."""

    def secret_of(self, access_key: str, session_token: str | None) -> tuple[Principal, str] | None: ...


@dataclass(frozen=True)
class Bearer:
    """Whose token it is, made for which cluster."""

    principal: Principal
    cluster: str
    access_key: str


def read_token(token: str, clusters: Iterable[str], callers: Callers, now: datetime | None = None) -> Bearer:
    """BadToken unless a caller of this account signed it for one of the clusters within the last 15 minutes."""
    request = _request(token)
    claim = _claim(request)
    try:
        known = callers.secret_of(claim.access_key, claim.session_token)
    except ExpiredToken:
        raise BadToken("the credentials that signed the token have expired") from None
    if known is None:
        raise BadToken("the token was signed with a key that nobody in this account has")
    principal, secret = known
    for cluster in clusters:
        named = WireRequest({**request.environ, "HTTP_X_K8S_AWS_ID": cluster})
        try:
            verify(named, replace(claim, expires=LIFETIME), secret, now or datetime.now(UTC))
        except SignatureError as error:
            if error.code == "ExpiredSignature":
                raise BadToken("the token is older than 15 minutes") from None
            continue
        return Bearer(principal, cluster, claim.access_key)
    raise BadToken("the token was not signed by its key's owner for a cluster of this account")


def _request(token: str) -> WireRequest:
    if len(token) > LONGEST:
        raise BadToken(f"the token is longer than {LONGEST} bytes")
    encoded = token.removeprefix(PREFIX)
    if encoded == token or not re.fullmatch(r"[A-Za-z0-9_-]+", encoded):
        raise BadToken("the token is no EKS token")
    try:
        url = urlsplit(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    except ValueError:
        raise BadToken("the token holds no URL") from None
    if url.scheme not in ("http", "https") or url.path not in ("", "/"):
        raise BadToken("the token's URL is none of STS")
    return WireRequest({"REQUEST_METHOD": "GET", "RAW_URI": "/", "QUERY_STRING": url.query, "HTTP_HOST": url.netloc})


def _claim(request: WireRequest) -> Claim:
    names = [name.lower() for name, _ in request.query]
    if len(set(names)) != len(names) or not set(names) <= _PARAMETERS:
        raise BadToken("the token's URL has parameters that STS does not know")
    arguments = request.arguments
    if arguments.get("Action") != "GetCallerIdentity":
        raise BadToken("the token's URL is no GetCallerIdentity")
    try:
        claim = claim_of(request)
    except SignatureError as error:
        raise BadToken(str(error)) from None
    if claim is None or claim.version != 4 or claim.service != "sts":
        raise BadToken("the token's URL is not signed for STS")
    if CLUSTER_HEADER not in claim.signed_headers:
        raise BadToken(f"the token's URL does not sign {CLUSTER_HEADER}")
    if not 0 <= (claim.expires or 0) <= LIFETIME:
        raise BadToken(f"X-Amz-Expires must be at most {LIFETIME}")
    return claim
