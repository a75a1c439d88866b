"""EKS bearer tokens: a presigned STS call, made here without a network or an SDK.

The token is `k8s-aws-v1.` and the base64url of a GetCallerIdentity URL signed for one cluster. The cluster takes it for
15 minutes after its date, whatever X-Amz-Expires says.
"""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

LONGEST = 4096  # EKS's authenticator refuses more
FRESH_FOR = dt.timedelta(minutes=10)


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
    empty = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n/\n{text}\nhost:{host}\nx-k8s-aws-id:{cluster}\n\nhost;x-k8s-aws-id\n{empty}"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + keys.secret_key).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    url = f"https://{host}/?{text}&X-Amz-Signature={signature}"
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


class EksToken:
    """Mints by age and on demand; keys are read anew each time, since a role's session is renewed under us."""

    def __init__(self, keys: Callable[[], AwsKeys], region: str, cluster: str) -> None:
        self._keys = keys
        self._region = region
        self._cluster = cluster
        self._minted = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._token = ""

    def __call__(self, renew: bool = False) -> str:
        now = dt.datetime.now(dt.UTC)
        if renew or now - self._minted > FRESH_FOR:
            self._token = presign(self._keys(), self._region, self._cluster, now)
            if len(self._token) > LONGEST:
                raise ValueError(
                    f"the session's credentials make an EKS token of {len(self._token)} bytes, over {LONGEST}"
                )
            self._minted = now
        return self._token
