"""Registry tokens: who asked for one, until when, proved by a key that stays in the home.

They carry all that is needed to check them, so they outlive a restart of the machine, as ECR's do.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from local.context import Principal

USER = "AWS"
LIFETIME = 12 * 3600


@dataclass(frozen=True)
class Bearer:
    """Whoever a token names; without a principal it is the node, which may pull anything."""

    principal: Principal | None


class Tokens:
    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, path: Path) -> "Tokens":
        """With the key in `path`, made at the first time."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(secrets.token_bytes(32))
        return cls(path.read_bytes())

    def issue(self, principal: Principal | None, expires: float) -> str:
        """A token for a principal, or for the node; `expires` in seconds since the epoch."""
        claim = json.dumps({"principal": asdict(principal) if principal else None, "expires": int(expires)})
        payload = base64.urlsafe_b64encode(claim.encode()).decode()
        return f"{payload}.{self._proof(payload)}"

    def bearer(self, token: str, now: float | None = None) -> Bearer | None:
        """Whose token it is; None when it is not ours, or has run out."""
        payload, _, proof = token.partition(".")
        if not hmac.compare_digest(proof.encode(), self._proof(payload).encode()):
            return None
        claim = json.loads(base64.urlsafe_b64decode(payload))
        if claim["expires"] < (time.time() if now is None else now):
            return None
        return Bearer(Principal(**claim["principal"]) if claim["principal"] else None)

    def from_header(self, authorization: str) -> Bearer | None:
        """Whose request it is, by its `Authorization: Basic` header."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self.bearer(token) if user == USER else None

    def _proof(self, payload: str) -> str:
        return hmac.new(self._key, payload.encode(), hashlib.sha256).hexdigest()


def basic(token: str) -> str:
    """The header that carries a token."""
    return "Basic " + base64.b64encode(f"{USER}:{token}".encode()).decode()
