"""Who a caller is and what it may do: `local.context.Identity` over the issuer's sessions and moto's IAM store."""

from dataclasses import dataclass

import boto3

from local.context import AccessDenied, Credentials, Principal, WSGIApplication
from local.identity import evaluator
from local.identity.document import parse
from local.identity.evaluator import Policies, Who
from local.identity.gate import Gate
from local.identity.keys import LIFETIME, ExpiredToken, Issuer, RoleSession
from local.identity.roles import Roles, account_of
from local.identity.sessions import open_session
from local.settings import Home, owned_account

ASSUME = "sts:AssumeRole"


@dataclass(frozen=True)
class Caller:
    """A key's owner, its secret, and the session that narrows it (None for the account's owner)."""

    principal: Principal
    secret: str
    session: RoleSession | None


class Authority:
    """The account's identity service; holds no state but the home's secret."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._issuer = Issuer(home.addresses.secret_key)
        self._roles = Roles()

    # local.context.Identity

    def assume_as_service(self, role_arn: str, service: str, session_name: str) -> Credentials:
        trust = self._roles.trust(role_arn)
        facts = {"aws:sourceaccount": account_of(role_arn)}
        if trust is None or not evaluator.trusts_service(trust, ASSUME, service, facts):
            reason = "there is no such role" if trust is None else "the role's trust policy does not allow it"
            raise AccessDenied(
                f"{service} is not authorized to perform: {ASSUME} on resource: {role_arn} because {reason}"
            )
        return self._issuer.issue(role_arn, session_name)[1]

    def session(self, credentials: Credentials, region: str | None = None) -> boto3.Session:
        return open_session(self._home.endpoint_url, region or self._home.region, credentials)

    def owner_session(self, account: str | None = None, region: str | None = None) -> boto3.Session:
        return self.session(self.owner_keys(account or self._home.account), region)

    def owner_keys(self, account: str) -> Credentials:
        """Of the machine's own account as they were settled, of any other one by its number."""
        return Credentials(*self._home.owner_keys(account), "")

    def principal(self, access_key: str, session_token: str | None) -> Principal | None:
        try:
            caller = self.caller(access_key, session_token)
        except ExpiredToken:
            return None
        return None if caller is None else caller.principal

    def secret_key(self, access_key: str, session_token: str | None) -> str | None:
        try:
            caller = self.caller(access_key, session_token)
        except ExpiredToken:
            return None
        return None if caller is None else caller.secret

    def check(self, principal: Principal, action: str, resource: str) -> None:
        self._check(principal, None, action, resource)

    def middleware(self, app: WSGIApplication) -> WSGIApplication:
        return Gate(app, self)

    # for the gate and the STS

    def caller(self, access_key: str, session_token: str | None) -> Caller | None:
        """None for a key that nobody was given; ExpiredToken when its session is over."""
        addresses = self._home.addresses
        if access_key == addresses.access_key:
            return None if session_token else Caller(_owner(self._home.account), addresses.secret_key, None)
        if account := owned_account(access_key):
            return None if session_token else Caller(_owner(account), self._home.owner_keys(account)[1], None)
        session = self._issuer.read(access_key, session_token or "")
        if session is None:
            return None
        principal = Principal(session.arn, account_of(session.role_arn), "assumed-role", session.role_arn)
        return Caller(principal, self._issuer.secret(access_key), session)

    def secret_of(self, access_key: str, session_token: str | None) -> tuple[Principal, str] | None:
        """For those who verify signatures themselves: who a key belongs to, and its secret; ExpiredToken."""
        caller = self.caller(access_key, session_token)
        return None if caller is None else (caller.principal, caller.secret)

    def check_caller(self, caller: Caller, action: str, resource: str) -> None:
        self._check(caller.principal, caller.session, action, resource)

    def check_assume(self, caller: Caller, role_arn: str, external_id: str = "") -> None:
        """A role's trust policy may name the caller itself, or its account, whose own policies then decide. A caller of
        another account needs both. A condition on an ExternalId that was not said is not met."""
        trust = self._roles.trust(role_arn)
        said = {"sts:externalid": external_id}
        how = None if trust is None else evaluator.trusted(trust, ASSUME, _who(caller.principal), said)
        if how is None:
            raise AccessDenied(
                f"User: {caller.principal.arn} is not authorized to perform: {ASSUME} on resource: {role_arn}"
            )
        if how == "account" or account_of(role_arn) != caller.principal.account:
            self.check_caller(caller, ASSUME, role_arn)

    def assume(
        self, role_arn: str, name: str, lifetime: int = LIFETIME, policy: str | None = None
    ) -> tuple[RoleSession, Credentials]:
        """A session of the role; whoever asks must have been checked."""
        return self._issuer.issue(role_arn, name, lifetime, policy)

    def user_id(self, principal: Principal) -> str:
        """STS's UserId: the account, or the role's unique id and the session's name."""
        if principal.role_arn is None:
            return principal.account
        return f"{self._roles.unique_id(principal.role_arn)}:{principal.arn.rsplit('/', 1)[-1]}"

    def role_id(self, role_arn: str) -> str | None:
        return self._roles.unique_id(role_arn)

    def _check(self, principal: Principal, session: RoleSession | None, action: str, resource: str) -> None:
        if principal.kind == "root":
            return
        role_arn = principal.role_arn or ""
        policies = Policies(
            self._roles.granted(role_arn),
            self._roles.boundary(role_arn),
            parse(session.policy) if session and session.policy else None,
            self._roles.on_resource(resource),
        )
        reason = evaluator.refusal(policies, action, resource, _who(principal))
        if reason is not None:
            quoted = f'"{resource}"' if action.startswith("s3:") else resource
            raise AccessDenied(
                f"User: {principal.arn} is not authorized to perform: {action} on resource: {quoted} {reason}"
            )


def _owner(account: str) -> Principal:
    return Principal(f"arn:aws:iam::{account}:root", account, "root")


def _who(principal: Principal) -> Who:
    return Who(principal.account, principal.arn, principal.role_arn)
