"""Whether a caller's policies allow an action on a resource: IAM's evaluation, pure.

(policies, action, resource, facts) → None when allowed, else the reason in AWS's words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.identity.conditions import applies
from local.identity.document import Principals, Statement

Statements = tuple[Statement, ...]


@dataclass(frozen=True)
class Policies:
    """All policies that bear on one call of a role session in its own account; None: there is no such policy."""

    identity: Statements
    boundary: Statements | None = None
    session: Statements | None = None
    resource: Statements = ()


@dataclass(frozen=True)
class Who:
    """The names under which a policy may speak of a caller."""

    account: str
    arn: str
    role_arn: str | None

    @property
    def facts(self) -> dict[str, str]:
        """Condition keys that are known of the caller."""
        return {"aws:principalarn": self.role_arn or self.arn, "aws:principalaccount": self.account}

    @property
    def own_names(self) -> frozenset[str]:
        return frozenset(name for name in (self.arn, self.role_arn) if name)

    @property
    def account_names(self) -> frozenset[str]:
        return frozenset((self.account, f"arn:aws:iam::{self.account}:root"))


def refusal(policies: Policies, action: str, resource: str, who: Who) -> str | None:
    """None when the call is allowed, else why it is not, as AWS ends its message."""
    facts = who.facts
    own = tuple(each for each in policies.resource if each.principals and names(each.principals, who))
    kinds = (
        ("an identity-based policy", policies.identity),
        ("a resource-based policy", own),
        ("a permissions boundary", policies.boundary or ()),
        ("a session policy", policies.session or ()),
    )
    for kind, statements in kinds:
        if _any("Deny", statements, action, resource, facts):
            return f"with an explicit deny in {kind}"
    granted = tuple(each for each in own if each.principals and _directly(each.principals, who))
    if _any("Allow", granted, action, resource, facts):
        return None
    needed = (
        ("identity-based policy", policies.identity),
        ("permissions boundary", policies.boundary),
        ("session policy", policies.session),
    )
    for kind, limit in needed:
        if limit is not None and not _any("Allow", limit, action, resource, facts):
            return f"because no {kind} allows the {action} action"
    return None


def names(principals: Principals, who: Who) -> bool:
    """Whether a statement's principals include the caller, by name, by account, or as anybody."""
    listed = principals.aws
    return ("*" in listed or bool(listed & (who.own_names | who.account_names))) is not principals.negated


def _directly(principals: Principals, who: Who) -> bool:
    """Whether a grant reaches the caller itself: one to the account only lets the account's own policies decide."""
    return not principals.negated and ("*" in principals.aws or bool(principals.aws & who.own_names))


def trusted(
    statements: Iterable[Statement], action: str, who: Who, said: Mapping[str, str] | None = None
) -> str | None:
    """How a trust policy takes the caller: "direct", "account", or None when it does not. `said` are condition keys of
    the request itself."""
    facts = {**who.facts, **(said or {})}
    bearing = [
        each
        for each in statements
        if each.principals and names(each.principals, who) and each.actions.match(action) and applies(each, facts)
    ]
    if any(each.effect == "Deny" for each in bearing):
        return None
    if any(each.principals and _directly(each.principals, who) for each in bearing):
        return "direct"
    return "account" if bearing else None


def trusts_service(statements: Iterable[Statement], action: str, service: str, facts: Mapping[str, str]) -> bool:
    bearing = [
        each
        for each in statements
        if each.principals
        and ((service in each.principals.services or "*" in each.principals.services) is not each.principals.negated)
        and each.actions.match(action)
        and applies(each, facts)
    ]
    return any(each.effect == "Allow" for each in bearing) and all(each.effect == "Allow" for each in bearing)


def _any(effect: str, statements: Statements, action: str, resource: str, facts: Mapping[str, str]) -> bool:
    return any(
        each.effect == effect and each.speaks_of(action, resource) and applies(each, facts) for each in statements
    )
