"""The inventory's own secret: hashes that lie open in a ConfigMap, and tokens that travel, are made with it.

Without it a hash of a Secret would let whoever may read ConfigMaps try out passwords.
"""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from deployer.kube.client import Kube
from deployer.kube.errors import Conflict

TYPE = "shipline.dev/key"
BYTES = 32


def read(secret: dict[str, Any]) -> bytes:
    return base64.b64decode(secret["data"]["key"])


def create(kube: Kube, path: str, name: str) -> bytes:
    """A new key, or the one that somebody else made a moment earlier."""
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": TYPE,
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "shipline"}},
        "data": {"key": base64.b64encode(secrets.token_bytes(BYTES)).decode()},
    }
    try:
        return read(kube.request("POST", path, subject=f"Secret {name}", body=body))
    except Conflict:
        return read(kube.get(f"{path}/{name}", subject=f"Secret {name}"))


def sign(key: bytes, *words: object) -> str:
    return hmac.digest(key, json.dumps(words).encode(), "sha256").hex()[:32]


def signed(key: bytes, mac: str, *words: object) -> bool:
    """Whether `mac` was made with this very key for these words."""
    return bool(key) and hmac.compare_digest(sign(key, *words).encode(), mac.encode(errors="replace"))


def sign_bytes(key: bytes, data: bytes) -> str:
    return hmac.digest(key, data, "sha256").hex()


def signed_bytes(key: bytes, mac: str, data: bytes) -> bool:
    return hmac.compare_digest(sign_bytes(key, data).encode(), mac.encode(errors="replace"))


def fingerprint(key: bytes, data: bytes) -> str:
    """32 hex digits that say nothing of the data to whoever lacks the key."""
    return hashlib.blake2b(data, digest_size=16, key=key).hexdigest()
