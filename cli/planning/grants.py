"""Who may do what, by a template: one grant for each action on each resource. Pure.

A policy that is written differently and says the same gives the same grants.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from cli.planning.names import Names
from cli.planning.template import Named, Resource, Template, either_way, plain, properties, references, resources, text

MAY, MAY_NOT = "may", "may not"
IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
ATTACHED = ("PolicyDocument", "Roles", "Users", "Groups", "RoleName")
# Type → the properties that its grants tell; of any other type, each that is a policy.
TOLD = {
    **dict.fromkeys(IDENTITY_POLICIES, ATTACHED),
    "AWS::EKS::AccessEntry": ("AccessPolicies", "KubernetesGroups", "PrincipalArn"),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", "Policies", "ManagedPolicyArns", "PermissionsBoundary"),
    "AWS::Lambda::Permission": ("FunctionName", "Principal", "Action", "SourceArn", "SourceAccount"),
}
CLUSTER_WIDE = "the whole cluster"
Kind = Literal["role", "trust", "resource", "access"]


@dataclass(frozen=True, order=True)
class Holder:
    """`role`: what it may do; `trust`: who acts as it; `resource`: who may do what with it; `access`: in Kubernetes."""

    kind: Kind
    words: str


@dataclass(frozen=True, order=True)
class Grant:
    """`who` is empty where it is the holder; `when` is the policy's condition."""

    effect: str
    who: str
    action: str
    on: str
    when: str = ""

    def covers(self, other: "Grant") -> bool:
        """Whether the other one gives nothing beyond this one."""
        return (
            self.effect == other.effect
            and self.when in ("", other.when)
            and _meets(self.who, other.who)
            and _meets(self.action.lower(), other.action.lower())
            and _meets(self.on, other.on)
        )


def grants(template: Template, names: Names) -> dict[Holder, frozenset[Grant]]:
    """Of every role, resource policy and access entry of a template, whatever its conditions turn out to be."""
    found: dict[Holder, set[Grant]] = {}
    for key, resource in resources(template).items():
        for holder, grant in _of(key, either_way(resource), names):
            found.setdefault(holder, set()).add(grant)
    return {holder: frozenset(given) for holder, given in found.items()}


def tells_rights(kind: str, name: str, before: Any, after: Any) -> bool:
    """Whether a property of such a type is told by grants."""
    if kind in TOLD:
        return name in TOLD[kind]
    return any(_document(value) is not None for value in (before, after))


def _of(key: str, resource: Resource, names: Names) -> Iterator[tuple[Holder, Grant]]:
    values = properties(resource)
    match resource["Type"]:
        case "AWS::IAM::Role":
            yield from _role(key, values, names)
        case kind if kind in IDENTITY_POLICIES:
            for holder in _holders(key, values, names):
                yield from ((holder, grant) for grant in _statements(values.get("PolicyDocument"), names))
        case "AWS::EKS::AccessEntry":
            holder = Holder("access", text(values["PrincipalArn"], names.actor))
            yield from ((holder, grant) for grant in _access(values, names))
        case "AWS::Lambda::Permission":
            yield Holder("resource", text(values["FunctionName"], names.full)), _permission(values, names)
        case _:
            holder = Holder("resource", names.name(key).thing)
            for value in values.values():
                yield from ((holder, grant) for grant in _statements(value, names))


def _role(key: str, values: Mapping[str, Any], names: Names) -> Iterator[tuple[Holder, Grant]]:
    holder = Holder("role", names.actor(key))
    trust = Holder("trust", names.actor(key))
    yield from ((trust, grant) for grant in _statements(values.get("AssumeRolePolicyDocument"), names))
    for policy in values.get("Policies", ()):
        yield from ((holder, grant) for grant in _statements(policy["PolicyDocument"], names))
    for arn in values.get("ManagedPolicyArns", ()):
        yield holder, Grant(MAY, "", f"all that the policy {_last(text(arn, names.full))} allows", "")
    if "PermissionsBoundary" in values:
        boundary = _last(text(values["PermissionsBoundary"], names.full))
        yield holder, Grant(MAY_NOT, "", f"all but what the policy {boundary} allows", "")


def _holders(key: str, values: Mapping[str, Any], names: Names) -> list[Holder]:
    """Those whom a policy is attached to; the policy itself when it is to nobody yet."""
    attached = [*values.get("Roles", ()), *values.get("Users", ()), *values.get("Groups", ())]
    attached += [values["RoleName"]] if "RoleName" in values else []
    return [Holder("role", text(each, names.actor)) for each in attached] or [Holder("role", names.full(key))]


def _statements(value: Any, names: Names) -> Iterator[Grant]:
    document = _document(value, names.actor) or {}
    for statement in _listed(document.get("Statement")):
        yield from _statement(statement, names)


def _document(value: Any, named: Named = str) -> Mapping[str, Any] | None:
    """A policy, also when it is text in which references stand."""
    if isinstance(value, Mapping) and "Statement" in value:
        return value
    if isinstance(value, (str, Mapping)) and "Statement" in json.dumps(value):
        found = plain(value, named)
        return found if isinstance(found, Mapping) and "Statement" in found else None
    return None


def _statement(statement: Mapping[str, Any], names: Names) -> Iterator[Grant]:
    effect = MAY if statement.get("Effect") == "Allow" else MAY_NOT
    when = _condition(statement.get("Condition"), names)
    for who in _principals(statement, names):
        for action in _texts(statement, "Action", names):
            for on in _texts(statement, "Resource", names) or [""]:
                yield Grant(effect, who, action, on, when)


def _principals(statement: Mapping[str, Any], names: Names) -> list[str]:
    for key, before in (("Principal", ""), ("NotPrincipal", "all but ")):
        match statement.get(key):
            case None:
                continue
            case Mapping() as found if not _is_reference(found):
                each = [text(item, names.actor) for value in found.values() for item in _listed(value)]
            case found:
                each = [text(item, names.actor) for item in _listed(found)]
        return [before + who for who in each]
    return [""]


def _texts(statement: Mapping[str, Any], key: str, names: Names) -> list[str]:
    if f"Not{key}" in statement:
        return ["all but " + ", ".join(sorted(text(each, names.full) for each in _listed(statement[f"Not{key}"])))]
    return [text(each, names.full) for each in _listed(statement.get(key))]


def _condition(found: Any, names: Names) -> str:
    if not found:
        return ""
    return "; ".join(
        f"{key} {operator} {text(values, names.full)}"
        for operator, pairs in sorted(found.items())
        for key, values in sorted(pairs.items())
    )


def _access(values: Mapping[str, Any], names: Names) -> Iterator[Grant]:
    for policy in values.get("AccessPolicies", ()):
        scope = policy["AccessScope"]
        places = [f"the namespace {text(each, names.full)}" for each in scope.get("Namespaces", ())] or [CLUSTER_WIDE]
        for place in places:
            yield Grant(MAY, "", _last(text(policy["PolicyArn"], names.full)), place)
    for group in values.get("KubernetesGroups", ()):
        yield Grant(MAY, "", f"what the group {text(group, names.full)} may", CLUSTER_WIDE)


def _permission(values: Mapping[str, Any], names: Names) -> Grant:
    under = [f"{key} {text(values[key], names.full)}" for key in ("SourceArn", "SourceAccount") if key in values]
    who = text(values["Principal"], names.actor)
    return Grant(MAY, who, text(values["Action"], names.full), "", "; ".join(under))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _is_reference(value: Mapping[str, Any]) -> bool:
    return any(path == () for path, _ in references(value)) or next(iter(value), "").startswith("Fn::")


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _meets(pattern: str, value: str) -> bool:
    return pattern == value or fnmatchcase(value, pattern.replace("[", "[[]"))


def covered(grant: Grant, by: Iterable[Grant]) -> bool:
    return any(each.covers(grant) for each in by)
