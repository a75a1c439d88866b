"""A first word with the cluster, beside what takes longest of a cold start: boto3, 0.2 s of imports.

    reach     DescribeCluster by a request of our own → a client of the cluster → what every release asks first
    answer    the same, once it has come; None when EKS did not say where the cluster is

Nothing is told of what went wrong with EKS: whoever gets None asks again by boto3, which tries more often, knows
proxies and profiles, and puts the refusal into AWS's own words.
"""

import base64
import datetime as dt
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from deployer.arrival import Arrival, arrive
from deployer.errors import DeployError
from deployer.kube.call import Endpoint
from deployer.kube.client import PATIENCE, Kube
from deployer.kube.token import AwsKeys, EksToken
from deployer.kube.token import signature as hmac_of
from deployer.kube.wire import Answer, headers, request
from deployer.target import Target, read_target
from deployer.values import dataclass

WITHIN = 3.0  # seconds; then boto3's turn has come
# What only boto3 follows.
SETTINGS = (
    "HTTPS_PROXY",
    "https_proxy",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)


@dataclass(frozen=True)
class Reached:
    kube: Kube
    arrival: Arrival


class Reach(threading.Thread):
    def __init__(self, target: Target, environ: Mapping[str, str], patience: float) -> None:
        super().__init__(daemon=True)
        self._target, self._environ, self._patience = target, environ, patience
        self._found: Reached | None = None
        self._refused: DeployError | None = None
        self._secrets: list[str] = []
        self._told: Callable[[list[str]], None] = self._secrets.extend
        self.start()

    def answer(self, told: Callable[[list[str]], None]) -> Reached | None:
        """`told` hears of every secret that was used, and of those that will be. What the cluster refuses is raised."""
        self.join()
        self._told = told
        told(self._secrets)
        if self._refused:
            raise self._refused
        return self._found

    def run(self) -> None:
        target = self._target
        try:
            where = self._endpoint()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return  # boto3 will ask
        bearer = EksToken(self._keys, target.region, target.cluster, told=self._tell)
        kube = Kube(where, bearer, patience=self._patience)
        try:
            self._found = Reached(kube, arrive(kube, target.service, target.namespace))
        except DeployError as error:
            self._refused = error
            kube.close()

    def _tell(self, secrets: list[str]) -> None:
        self._told(secrets)

    def _keys(self) -> AwsKeys:
        environ = self._environ
        token = environ.get("AWS_SESSION_TOKEN", "")
        return AwsKeys(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], token)

    def _endpoint(self) -> Endpoint:
        """Where the cluster answers, and the authority that its certificate must come from."""
        region = self._target.region
        china = ".cn" if region.startswith("cn-") else ""
        url = next(
            filter(None, map(self._environ.get, ("AWS_ENDPOINT_URL_EKS", "AWS_ENDPOINT_URL"))),
            f"https://eks.{region}.amazonaws.com{china}",
        )
        path = f"/clusters/{quote(self._target.cluster, safe='')}"
        code, body = get(url, path, signed(self._keys(), region, urlsplit(url).netloc, path, dt.datetime.now(dt.UTC)))
        found = json.loads(body)["cluster"] if code == 200 else {}
        if found.get("status") not in ("ACTIVE", "UPDATING"):
            raise ValueError("no answer to go by")
        authority = base64.b64decode(found["certificateAuthority"]["data"]).decode()
        return Endpoint(found["endpoint"], authority, identity_of(self._environ))


def reach(environ: Mapping[str, str], patience: float = PATIENCE) -> Reach | None:
    """Begin; None where only boto3 knows how."""
    if "AWS_SECRET_ACCESS_KEY" not in environ or any(map(environ.get, SETTINGS)):
        return None
    try:
        target = read_target(environ.get("SHIPLINE_TARGET", "{}"))
    except DeployError:
        return None  # told when it is read again
    if target.gitops or target.role:
        return None  # there it has no inventory to ask for; or it is boto3 that takes the role
    return Reach(target, environ, patience)


def identity_of(environ: Mapping[str, str]) -> str:
    """Who the deployer is, for messages."""
    return f"function {environ.get('AWS_LAMBDA_FUNCTION_NAME', 'deployer')}'s role"


def signed(keys: AwsKeys, region: str, host: str, path: str, now: dt.datetime) -> dict[str, str]:
    """The headers of a signed GET of EKS (SigV4)."""
    date = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{region}/eks/aws4_request"
    values = {"host": host, "x-amz-date": date}
    if keys.session_token:
        values["x-amz-security-token"] = keys.session_token
    names = ";".join(values)
    lines = "".join(f"{name}:{value}\n" for name, value in values.items())
    sign = hmac_of(keys.secret_key, date, scope, f"GET\n{path}\n\n{lines}\n{names}\n")
    proof = f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={sign}"
    return {**values, "authorization": proof}


def get(url: str, path: str, values: Mapping[str, str]) -> tuple[int, bytes]:
    """Code and body. OSError when it is not answered."""
    where = urlsplit(url)
    secure = where.scheme == "https"
    with socket.create_connection((where.hostname or "", where.port or (443 if secure else 80)), WITHIN) as raw:
        tls = ssl.create_default_context().wrap_socket(raw, server_hostname=where.hostname) if secure else None
        connection = tls or raw
        try:
            connection.sendall(request("GET", path, headers({**values, "connection": "close"})))
            answer = Answer()
            while not answer.done:
                data = connection.recv(64 * 1024)
                if data:
                    answer.feed(data)
                else:
                    answer.end()
            return answer.code, answer.take()
        finally:
            connection.close()
