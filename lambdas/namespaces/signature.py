"""AWS's Signature Version 4, as much of it as a few requests without a query need. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    session_token: str


@dataclass(frozen=True)
class Signer:
    """Who signs, for which service, when."""

    credentials: Credentials
    region: str
    service: str
    now: datetime

    def headers(self, url: str, body: bytes | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The headers of a GET of a URL that has no query, or of a POST with a body; `more` are signed, too."""
        parts = urlsplit(url)
        signed = {
            "host": parts.netloc,
            "x-amz-date": self._time,
            "x-amz-security-token": self.credentials.session_token,
            **(more or {}),
        }
        signature = self._signature(parts.path or "/", "", signed, body)
        names = ";".join(sorted(signed))
        credential = f"{self.credentials.access_key}/{self._scope}"
        authorization = f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
        return {**signed, "authorization": authorization}

    def presigned(self, url: str, query: Mapping[str, str], headers: Mapping[str, str], expires: int) -> str:
        """A URL that whoever holds it may GET with these headers, for so many seconds."""
        parts = urlsplit(url)
        signed = {"host": parts.netloc, **headers}
        parameters = {
            **query,
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.credentials.access_key}/{self._scope}",
            "X-Amz-Date": self._time,
            "X-Amz-Expires": str(expires),
            "X-Amz-Security-Token": self.credentials.session_token,
            "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        }
        asked = "&".join(f"{_encoded(key)}={_encoded(parameters[key])}" for key in sorted(parameters))
        signature = self._signature(parts.path or "/", asked, signed)
        return f"{parts.scheme}://{parts.netloc}{parts.path or '/'}?{asked}&X-Amz-Signature={signature}"

    @property
    def _time(self) -> str:
        return self.now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

    @property
    def _scope(self) -> str:
        return f"{self._time[:8]}/{self.region}/{self.service}/aws4_request"

    def _signature(self, path: str, query: str, headers: Mapping[str, str], body: bytes | None = None) -> str:
        lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
        method, payload = ("GET", EMPTY) if body is None else ("POST", hashlib.sha256(body).hexdigest())
        request = "\n".join([method, quote(path, safe="/-_.~"), query, lines, ";".join(sorted(headers)), payload])
        digest = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in (self._time[:8], self.region, self.service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, f"{ALGORITHM}\n{self._time}\n{self._scope}\n{digest}".encode(), "sha256").hex()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
