"""EKS bearer tokens: a presigned STS call, made here without a network or an SDK.

The token is `k8s-aws-v1.` and the base64url of a GetCallerIdentity URL signed for one cluster. The cluster takes it for
15 minutes after its date, whatever X-Amz-Expires says. A clock that is wrong makes tokens that are refused: after a
refusal they are dated by the cluster's own.
"""

import base64
import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import quote

from deployer.errors import Fatal
from deployer.values import dataclass

EMPTY = hashlib.sha256(b"").hexdigest()
LONGEST = 4096  # EKS's authenticator refuses more
FRESH_FOR = 600.0  # seconds
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
SKEW = dt.timedelta(seconds=60)  # less is the time that an answer takes


@dataclass(frozen=True)
class AwsKeys:
    access_key: str
    secret_key: str
    session_token: str = ""


def sts_host(region: str) -> str:
    """The regional endpoint, which a private VPC reaches through an interface endpoint."""
    return f"sts.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def presign(keys: AwsKeys, region: str, cluster: str, now: dt.datetime) -> str:
    """The bearer token for `cluster`; `now` in UTC."""
    date = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{region}/sts/aws4_request"
    query = {
        "Action": "GetCallerIdentity",
        "Version": "2011-06-15",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.access_key}/{scope}",
        "X-Amz-Date": date,
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    }
    if keys.session_token:
        query["X-Amz-Security-Token"] = keys.session_token
    # Sorted and each parameter once: an authenticator that read a duplicate otherwise was CVE-2022-2385.
    text = "&".join(f"{quote(key, safe='')}={quote(query[key], safe='-_.~')}" for key in sorted(query))
    host = sts_host(region)
    canonical = f"GET\n/\n{text}\nhost:{host}\nx-k8s-aws-id:{cluster}\n\nhost;x-k8s-aws-id\n"
    url = f"https://{host}/?{text}&X-Amz-Signature={signature(keys.secret_key, date, scope, canonical)}"
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def signature(secret_key: str, date: str, scope: str, canonical: str) -> str:
    """SigV4's, of a request without a body; `canonical` is all of it but the body's hash."""
    whole = hashlib.sha256((canonical + EMPTY).encode()).hexdigest()
    key = ("AWS4" + secret_key).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{whole}".encode(), "sha256").hex()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class EksToken:
    """Mints by age and on demand; keys are read anew each time, since a role's session is renewed under us."""

    def __init__(
        self,
        keys: Callable[[], AwsKeys],
        region: str,
        cluster: str,
        *,
        clock: Callable[[], dt.datetime] = _now,
        elapsed: Callable[[], float] = time.monotonic,
        told: Callable[[list[str]], None] = lambda secrets: None,
    ) -> None:
        """`told` hears of every secret that is used, before it is."""
        self._keys = keys
        self._region = region
        self._cluster = cluster
        self._clock, self._elapsed, self._told = clock, elapsed, told
        self._behind = dt.timedelta()  # how far our clock is behind the cluster's
        self._minted = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._since = 0.0
        self._token = ""

    def __call__(self, renew: bool = False) -> str:
        if renew or not self._fresh():
            now = self._clock()
            keys = self._keys()
            token = presign(keys, self._region, self._cluster, now + self._behind)
            self._told([keys.secret_key, keys.session_token, token])
            if len(token) > LONGEST:
                raise Fatal(
                    f"the session's credentials make an EKS token of {len(token)} bytes, over {LONGEST}.",
                    remedy="Give the deployer's role fewer or shorter session tags.",
                    kind="ConfigurationError",
                )
            self._token, self._minted, self._since = token, now, self._elapsed()
        return self._token

    def server_date(self, date: str) -> None:
        """The `Date` of the answer that refused a token."""
        try:
            behind = dt.datetime.strptime(date, HTTP_DATE).replace(tzinfo=dt.UTC) - self._clock()
        except ValueError:
            return
        self._behind = behind if abs(behind) > SKEW else dt.timedelta()

    def _fresh(self) -> bool:
        """By both clocks: one may be set, and the other stands still while a function is frozen."""
        if not self._token:
            return False
        age = abs((self._clock() - self._minted).total_seconds())
        return max(age, self._elapsed() - self._since) <= FRESH_FOR
