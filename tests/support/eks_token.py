"""EKS tokens as `aws eks get-token` makes them, and wrong ones."""

from base64 import urlsafe_b64encode

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from local.access.token import PREFIX
from local.context import Credentials
from local.identity import Authority
from tests.support.gated_moto import OWNER_KEY, OWNER_SECRET

ROLE = "arn:aws:iam::123456789012:role/deploy"


def session(authority: Authority, lifetime: int = 3600) -> Credentials:
    return authority.assume(ROLE, "run", lifetime)[1]


def owner() -> Credentials:
    return Credentials(OWNER_KEY, OWNER_SECRET, "")


def token(
    credentials: Credentials,
    cluster: str = "shop",
    query: str = "Action=GetCallerIdentity&Version=2011-06-15",
    service: str = "sts",
    expires: int = 60,
    header: str = "x-k8s-aws-id",
) -> str:
    """As `aws eks get-token` makes it."""
    request = AWSRequest("GET", f"http://127.0.0.1:4566/?{query}", {header: cluster})
    keys = BotoCredentials(credentials.access_key, credentials.secret_key, credentials.session_token or None)
    SigV4QueryAuth(keys, service, "us-east-1", expires=expires).add_auth(request)
    return PREFIX + urlsafe_b64encode(request.url.encode()).decode().rstrip("=")
