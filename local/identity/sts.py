"""STS with this machine's own sessions, in place of moto's: AssumeRole and GetCallerIdentity."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import moto.sts.urls
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sts.responses import TokenResponse

from local.context import Principal
from local.identity.authority import Authority
from local.identity.gate import PRINCIPAL
from local.identity.keys import LIFETIME


class UnsupportedError(ServiceException):
    code = "ValidationError"


def register(authority: Authority) -> None:
    """Serve STS with the authority's sessions. Before moto's application is made."""
    moto.sts.urls.url_paths = {"{0}/$": _responses(authority).dispatch}


def _responses(authority: Authority) -> Any:
    class SessionResponse(TokenResponse):
        @property
        def caller(self) -> Principal:
            principal: Principal = self.normalized_request.environ[PRINCIPAL]
            return principal

        def assume_role(self) -> ActionResult:
            role_arn = self._get_param("RoleArn")
            lifetime = self._get_int_param("DurationSeconds", LIFETIME)
            session, credentials = authority.assume(
                role_arn, self._get_param("RoleSessionName"), lifetime, self._get_param("Policy")
            )
            return ActionResult(
                {
                    "Credentials": {
                        "AccessKeyId": credentials.access_key,
                        "SecretAccessKey": credentials.secret_key,
                        "SessionToken": credentials.session_token,
                        "Expiration": datetime.fromtimestamp(session.expires, UTC),
                    },
                    "AssumedRoleUser": {
                        "AssumedRoleId": f"{authority.role_id(role_arn)}:{session.name}",
                        "Arn": session.arn,
                    },
                }
            )

        def get_caller_identity(self) -> ActionResult:
            return ActionResult(
                {
                    "UserId": authority.user_id(self.caller),
                    "Account": self.caller.account,
                    "Arn": self.caller.arn,
                }
            )

        get_session_token = _refused("GetSessionToken")
        get_federation_token = _refused("GetFederationToken")
        assume_role_with_saml = _refused("AssumeRoleWithSAML")
        assume_role_with_web_identity = _refused("AssumeRoleWithWebIdentity")

    return SessionResponse


def _refused(name: str) -> Callable[[Any], ActionResult]:
    """These would hand out keys that nothing here accepts: say so instead."""

    def refuse(_: Any) -> ActionResult:
        raise UnsupportedError(f"{name} is not available on this machine; use AssumeRole")

    return refuse
