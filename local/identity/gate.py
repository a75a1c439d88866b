"""The gate before AWS's APIs: request → claim → caller → signature → needs → the application behind it.

Whatever stops on the way is answered in the request's own protocol. S3's bodies pass unread.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from local.context import AccessDenied, WSGIApplication
from local.identity import operations, refusals, signature
from local.identity.keys import ExpiredToken
from local.identity.needs import Place, needs
from local.identity.refusals import Refusal
from local.identity.request import WireRequest
from local.identity.signature import Claim, SignatureError

if TYPE_CHECKING:
    from local.identity.authority import Authority, Caller

PRINCIPAL = "shipline.principal"  # the environ key under which services find who calls

MOTO_ACCOUNT = "HTTP_X_MOTO_ACCOUNT_ID"  # the header by which moto is told whose request it is


class Gate:
    """WSGI middleware; `app` sees only requests of known callers who may do what they ask."""

    def __init__(self, app: WSGIApplication, authority: "Authority") -> None:
        self._app = app
        self._authority = authority

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = WireRequest(environ)
        service = "s3"
        try:
            claim = signature.claim_of(request)
            if claim is None:
                return self._refuse(
                    request, service, Refusal("unsigned", "Missing Authentication Token"), start_response
                )
            service = claim.service
            caller = self._authority.caller(claim.access_key, claim.session_token)
            if caller is None:
                message = "The security token included in the request is invalid."
                return self._refuse(request, service, Refusal("unknown-key", message), start_response)
            signature.verify(request, claim, caller.secret)
            self._authorize(request, claim, caller)
        except SignatureError as error:
            return self._refuse(request, service, Refusal(error.code, str(error)), start_response)
        except ExpiredToken:
            message = "The security token included in the request is expired"
            return self._refuse(request, service, Refusal("expired-token", message), start_response)
        except AccessDenied as error:
            return self._refuse(request, service, Refusal("denied", str(error)), start_response)
        environ[PRINCIPAL] = caller.principal
        environ[MOTO_ACCOUNT] = caller.principal.account
        return self._app(environ, start_response)

    def _authorize(self, request: WireRequest, claim: Claim, caller: "Caller") -> None:
        """The owner may do all but take a role that does not trust the account."""
        if caller.session is None and claim.service != "sts":
            return
        operation = operations.read(request, claim.service)
        if operation is None:
            what = f"{claim.service}:{request.method} {request.path}"
            raise AccessDenied(f"User: {caller.principal.arn} is not authorized to perform: {what} on resource: *")
        if (operation.service, operation.name) == ("sts", "AssumeRole"):
            said = operation.parameters
            self._authority.check_assume(caller, str(said.get("RoleArn", "")), str(said.get("ExternalId", "")))
            return
        if (operation.service, operation.name) == ("sts", "GetCallerIdentity"):
            return  # AWS allows it to everybody, even against a Deny
        for action, resource in needs(operation, Place(caller.principal.account, claim.region)):
            self._authority.check_caller(caller, action, resource)

    def _refuse(
        self, request: WireRequest, service: str, refusal: Refusal, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        return refusals.answer(refusal, operations.protocol_of(request, service), request.method, start_response)
