"""A cluster's name → its API server, and a token that says who we are."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from namespaces.errors import NotYet, Refused
from namespaces.signature import Credentials, Signer

# The authenticator takes a token for 15 minutes after its signature, whatever the URL says.
EXPIRES = 60
TIMEOUT = 10  # seconds


@dataclass(frozen=True)
class ApiServer:
    endpoint: str  # https://…
    authority: str  # PEM
    token: str


@dataclass(frozen=True)
class Account:
    """Where AWS is and who calls it, as Lambda's environment says."""

    region: str
    credentials: Credentials
    endpoint: str | None  # another one than AWS's own
    inside: bool = False  # it runs in the cluster's network

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Account":
        return cls(
            region=environ["AWS_REGION"],
            credentials=Credentials(
                environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], environ["AWS_SESSION_TOKEN"]
            ),
            endpoint=environ.get("AWS_ENDPOINT_URL"),
            inside=environ.get("SHIPLINE_INSIDE") == "true",
        )

    def url(self, service: str) -> str:
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return (self.endpoint or f"https://{service}.{self.region}.{suffix}").rstrip("/")


def api_server(account: Account, cluster: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> ApiServer:
    """NotYet while the function's own policy is not in force (IAM takes some seconds) or EKS stumbles."""
    url = f"{account.url('eks')}/clusters/{quote(cluster, safe='')}"
    signer = Signer(account.credentials, account.region, "eks", clock())
    request = urllib.request.Request(url, headers=signer.headers(url))  # noqa: S310 - AWS's own
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            described = json.load(answer)["cluster"]
    except urllib.error.HTTPError as error:
        said = f"eks:DescribeCluster of {cluster}: {error.code} {error.read().decode(errors='replace')[:500]}"
        raise (NotYet if error.code in (403, 429) or error.code >= 500 else Refused)(said) from error
    except OSError as error:
        raise NotYet(f"{url} does not answer: {error}") from error
    if not account.inside and not (described.get("resourcesVpcConfig") or {}).get("endpointPublicAccess", True):
        raise Refused(
            f"the API server of cluster {cluster} can be reached from inside of its network alone, where neither this "
            "function nor the deployers are: allow public access to its endpoint"
        )
    authority = base64.b64decode(described["certificateAuthority"]["data"]).decode()
    return ApiServer(described["endpoint"], authority, token(account, cluster, clock()))


def token(account: Account, cluster: str, now: datetime) -> str:
    """A presigned GetCallerIdentity, bound to the cluster by a signed header, as `aws eks get-token` makes it."""
    signer = Signer(account.credentials, account.region, "sts", now)
    query = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    url = signer.presigned(account.url("sts"), query, {"x-k8s-aws-id": cluster}, EXPIRES)
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
