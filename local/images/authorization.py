"""ECR's GetAuthorizationToken: a token that the registry takes, for whoever asks."""

import base64
import datetime
import re
import time
from typing import Any

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from local.context import Identity
from local.images.tokens import LIFETIME, USER, Tokens
from local.settings import Home

_ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")


def replace_operation(home: Home, tokens: Tokens, identity: Identity) -> None:
    """Put ours in the place of moto's operation, whose token names nobody."""

    def get_authorization_token(response: ECRResponse) -> ActionResult:
        return ActionResult({"authorizationData": [authorization(home, tokens, identity, response.headers)]})

    setattr(ECRResponse, "get_authorization_token", get_authorization_token)  # noqa: B010  mypy forbids the assignment


def authorization(home: Home, tokens: Tokens, identity: Identity, headers: Any) -> dict[str, Any]:
    """One entry of the operation's answer; the gate has checked the caller before."""
    found = _ACCESS_KEY.search(headers.get("Authorization", ""))
    principal = identity.principal(found[1], headers.get("X-Amz-Security-Token")) if found else None
    if principal is None:
        raise PermissionError("GetAuthorizationToken came past the gate without a known caller")
    expires = time.time() + LIFETIME
    token = tokens.issue(principal, expires)
    return {
        "authorizationToken": base64.b64encode(f"{USER}:{token}".encode()).decode(),
        "expiresAt": datetime.datetime.fromtimestamp(expires, datetime.UTC),
        "proxyEndpoint": f"https://{home.registry_host}",
    }
