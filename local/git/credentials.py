"""What `aws codecommit credential-helper` sends: user = access key[%session token], password = a signature.

The password is a SigV4 signature over method GIT, the path, and the host without its port
(awscli/customizations/codecommit.py), and proves that the sender has the key's secret.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PASSWORD = re.compile(r"(\d{8}T\d{6})Z([0-9a-f]{64})")
VALID_FOR = 15 * 60  # seconds, both ways: clocks differ

SecretOf = Callable[[str, str | None], str | None]


class Rejected(Exception):
    """Not a credential of anybody here; the message says why."""


@dataclass(frozen=True)
class Sent:
    access_key: str
    session_token: str | None
    password: str


def parse(authorization: str) -> Sent:
    """The value of a Basic `Authorization` header."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    user, found, password = decoded.partition(":")
    if scheme.lower() != "basic" or not found:
        raise Rejected("the credentials are not what `aws codecommit credential-helper` sends")
    access_key, _, token = user.partition("%")
    return Sent(access_key, token or None, password)


def verify(sent: Sent, path: str, host: str, region: str, secret_of: SecretOf, now: float) -> None:
    """Nothing when the signature is the key's, for this path and time; Rejected otherwise."""
    found = PASSWORD.fullmatch(sent.password)
    if not found:
        raise Rejected("the password is not a signature of `aws codecommit credential-helper`")
    stamp, given = found.groups()
    signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp()
    if abs(now - signed_at) > VALID_FOR:
        raise Rejected("the signature has expired")
    secret = secret_of(sent.access_key, sent.session_token)
    if secret is None:
        raise Rejected("the access key is not known here, or its session is over")
    if not hmac.compare_digest(signature(sent.access_key, secret, stamp, path, host, region), given):
        raise Rejected("the signature does not match: is it for this repository, host and region?")


def signature(access_key: str, secret: str, stamp: str, path: str, host: str, region: str) -> str:
    """As the AWS CLI computes it, with botocore's own signer."""
    signer = SigV4Auth(Credentials(access_key, secret), "codecommit", region)
    request = AWSRequest(method="GIT", url=f"https://{host}{path}")
    request.context["timestamp"] = stamp
    canonical = f"GIT\n{path}\n\nhost:{host.split(':')[0]}\n\nhost\n"
    return str(signer.signature(signer.string_to_sign(request, canonical), request))
