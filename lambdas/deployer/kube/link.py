"""What all requests to one server share, and what an answer that is none says."""

import json

from deployer.errors import Unavailable
from deployer.kube.call import Bearer, Clocked, Endpoint, Json
from deployer.kube.pace import Pace
from deployer.kube.pool import Pool
from deployer.kube.wire import headers
from deployer.values import dataclass

OPEN_WITHIN = 10.0  # seconds for a connection to be made


@dataclass(frozen=True)
class Link:
    """Everything that requests to one server share."""

    endpoint: Endpoint
    pool: Pool
    bearer: Bearer
    pace: Pace
    patience: float  # seconds of retrying one request
    silence: float  # seconds without a byte; a third of it for the first attempt, which may meet a dead connection

    def headers(self, token: str, accept: str, content: str = "", gzip: bool = True) -> bytes:
        """All header lines but the length's."""
        values = {"Host": self.pool.host, "Accept": accept}
        if token:
            values["Authorization"] = f"Bearer {token}"
        if content:
            values["Content-Type"] = content
        if gzip:
            values["Accept-Encoding"] = "gzip"
        return headers(values)

    def renew(self, used: str, date: str) -> str:
        """The token to go on with after `used` was refused; `date` is the server's clock."""
        if self.bearer() == used:
            if isinstance(self.bearer, Clocked):
                self.bearer.server_date(date)
            return self.bearer(renew=True)
        return self.bearer()

    def gone(self, why: object) -> Unavailable:
        return Unavailable(f"the cluster at {self.endpoint.url} does not answer: {why}")


def status_of(answer: bytes) -> Json:
    """The API's Status, or the beginning of whatever came instead."""
    try:
        body = json.loads(answer)
    except ValueError:
        return {"message": answer.decode(errors="replace")[:300]}
    return body if isinstance(body, dict) else {}
