"""The keys of role sessions. A session token says itself who it is and proves it, so that nothing is stored
and a session outlives a restart, as it does on AWS.

token = base64url(JSON of the session) "." base64url(HMAC); secret key = HMAC(access key). Both are made with a
key that only this home knows.
"""

import hmac
import json
import secrets
import string
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from local.context import Credentials

LIFETIME = 3600
_ALPHABET = string.ascii_uppercase + "234567"


class ExpiredToken(Exception):
    """The session is over."""


@dataclass(frozen=True)
class RoleSession:
    """What a session token says: whose role, under which name, until when, and narrowed by which policy."""

    access_key: str
    role_arn: str
    name: str
    expires: float  # seconds since the epoch
    policy: str | None = None  # a session policy document

    @property
    def arn(self) -> str:
        account, role = self.role_arn.split(":")[4], self.role_arn.rsplit("/", 1)[-1]
        return f"arn:aws:sts::{account}:assumed-role/{role}/{self.name}"


class Issuer:
    """Makes and reads role sessions of one home."""

    def __init__(self, home_secret: str) -> None:
        self._key = hmac.digest(b"shipline role sessions", home_secret.encode(), "sha256")

    def issue(
        self, role_arn: str, name: str, lifetime: float = LIFETIME, policy: str | None = None
    ) -> tuple[RoleSession, Credentials]:
        access_key = "ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))
        session = RoleSession(access_key, role_arn, name, time.time() + lifetime, policy)
        return session, Credentials(access_key, self.secret(access_key), self._token(session))

    def secret(self, access_key: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, b"secret:" + access_key.encode(), "sha256"))[:40].decode()

    def read(self, access_key: str, token: str) -> RoleSession | None:
        """The session that the token names; None when it is not ours or another key's; ExpiredToken."""
        payload, _, proof = token.partition(".")
        if not hmac.compare_digest(self._proof(payload), proof):
            return None
        fields = json.loads(urlsafe_b64decode(payload))
        session = RoleSession(fields["k"], fields["r"], fields["n"], fields["e"], fields.get("p"))
        if session.access_key != access_key:
            return None
        if time.time() > session.expires:
            raise ExpiredToken
        return session

    def _token(self, session: RoleSession) -> str:
        fields = {"k": session.access_key, "r": session.role_arn, "n": session.name, "e": session.expires}
        if session.policy is not None:
            fields["p"] = session.policy
        payload = urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()
        return f"{payload}.{self._proof(payload)}"

    def _proof(self, payload: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, b"token:" + payload.encode(), "sha256")).decode().rstrip("=")
