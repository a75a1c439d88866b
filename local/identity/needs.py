"""What a caller must be allowed to do for an operation: Operation → (action, resource) pairs.

Most operations need the action of their own name on one resource (`resources.TEMPLATES`). Those that do not are
listed here, per service; S3's action names follow its own reference.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.identity.operations import Operation
from local.identity.resources import PASSED_ROLES, TEMPLATES, WITHOUT_RESOURCE
from local.identity.s3_needs import s3_needs

Need = tuple[str, str]
_FIELD = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True)
class Place:
    account: str
    region: str


def needs(operation: Operation, place: Place) -> list[Need]:
    """Every (action, resource) that must be allowed, none twice."""
    if operation.service == "s3":
        found = list(s3_needs(operation))
    else:
        special = _SPECIAL.get(f"{operation.service}:{operation.name}")
        found = list(special(operation, place)) if special else [_plain(operation, place)]
    passed = _value(operation.parameters, PASSED_ROLES.get(f"{operation.service}:{operation.name}", ""))
    if isinstance(passed, str) and passed.startswith("arn:"):
        found.append(("iam:PassRole", passed))
    return list(dict.fromkeys(found))


def resource_of(operation: Operation, place: Place) -> str:
    if f"{operation.service}:{operation.name}" in WITHOUT_RESOURCE:
        return "*"
    for template in TEMPLATES.get(operation.service, ()):
        filled = _fill(template, operation, place)
        if filled is not None:
            return filled
    return "*"


def _plain(operation: Operation, place: Place) -> Need:
    return f"{operation.service}:{operation.name}", resource_of(operation, place)


def _fill(template: str, operation: Operation, place: Place) -> str | None:
    values: list[str] = []
    for field in _FIELD.findall(template):
        value = place.account if field == "account" else _value(operation.parameters, field)
        if not isinstance(value, str) or not value:
            return None
        values.append(value)
    if len(values) == 1 and values[0].startswith("arn:"):
        return values[0].removesuffix(":*") if operation.service == "logs" else values[0]
    remaining = iter(values)
    # An SSM parameter's name may begin with the slash that its ARN has anyway.
    text = _FIELD.sub(lambda _: next(remaining), template).replace("parameter//", "parameter/")
    if text.startswith("arn:"):
        return text
    return f"arn:aws:{operation.service}:{place.region}:{place.account}:{text}"


def _value(parameters: Mapping[str, Any], path: str) -> Any:
    value: Any = parameters
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _named(parameter: str, listed: str) -> Callable[[Operation, Place], Iterable[Need]]:
    """One need for each name in the list parameter `listed`, each standing for `parameter`."""

    def each(operation: Operation, place: Place) -> Iterable[Need]:
        for name in operation.parameters.get(listed) or ("*",):
            one = Operation(operation.service, operation.name, {parameter: name}, operation.protocol)
            yield f"{operation.service}:{operation.name}", resource_of(one, place)

    return each


def _table(name: Any, place: Place) -> str:
    text = str(name)
    return text if text.startswith("arn:") else f"arn:aws:dynamodb:{place.region}:{place.account}:table/{text}"


def _batch(operation: Operation, place: Place) -> Iterable[Need]:
    for name in operation.parameters.get("RequestItems") or {}:
        yield f"dynamodb:{operation.name}", _table(name, place)


def _transaction(operation: Operation, place: Place) -> Iterable[Need]:
    """A transaction needs the actions of its parts: {"Put": …} is dynamodb:PutItem."""
    actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}
    for item in operation.parameters.get("TransactItems") or ():
        for verb, content in item.items():
            yield f"dynamodb:{actions.get(verb, 'ConditionCheckItem')}", _table(content.get("TableName"), place)


def _invoke(operation: Operation, place: Place) -> Iterable[Need]:
    resource = resource_of(operation, place)
    qualifier = operation.parameters.get("Qualifier")
    yield "lambda:InvokeFunction", f"{resource}:{qualifier}" if qualifier else resource


def _decrypt(operation: Operation, place: Place) -> Iterable[Need]:
    """The key is in the ciphertext, whose first 36 bytes are its id in moto's KMS."""
    key = operation.parameters.get("KeyId")
    if not key:
        try:
            key = b64decode(str(operation.parameters.get("CiphertextBlob", "")))[:36].decode("ascii")
        except ValueError:
            key = ""
    named = Operation(operation.service, operation.name, {"KeyId": key}, operation.protocol)
    yield f"kms:{operation.name}", resource_of(named, place)


def _builds(operation: Operation, place: Place) -> Iterable[Need]:
    """A build is named PROJECT:UUID, and its project is the resource."""
    ids = operation.parameters.get("ids") or [operation.parameters.get("id") or "*"]
    for build in ids:
        project = str(build).rpartition("build/")[2].partition(":")[0]
        yield (
            f"codebuild:{operation.name}",
            f"arn:aws:codebuild:{place.region}:{place.account}:project/{project}",
        )


def _log_groups(operation: Operation, place: Place) -> Iterable[Need]:
    prefix = operation.parameters.get("logGroupNamePrefix") or ""
    yield f"logs:{operation.name}", f"arn:aws:logs:{place.region}:{place.account}:log-group:{prefix}:log-stream:"


def _caller_access_entry(operation: Operation, place: Place) -> Iterable[Need]:
    """access-entry/CLUSTER/role/ACCOUNT/NAME/UUID; creating and listing are asked of the cluster."""
    principal = str(operation.parameters.get("principalArn", ""))
    kind, _, name = principal.rpartition(":")[2].partition("/")
    yield (
        f"eks:{operation.name}",
        f"arn:aws:eks:{place.region}:{place.account}:access-entry/"
        f"{operation.parameters.get('name')}/{kind}/{place.account}/{name}/*",
    )


def _cluster(operation: Operation, place: Place) -> Iterable[Need]:
    yield (
        f"eks:{operation.name}",
        f"arn:aws:eks:{place.region}:{place.account}:cluster/{operation.parameters.get('name')}",
    )


def _targets(operation: Operation, place: Place) -> Iterable[Need]:
    yield _plain(operation, place)
    for target in operation.parameters.get("Targets") or ():
        if target.get("RoleArn"):
            yield "iam:PassRole", target["RoleArn"]


def _event_bus(operation: Operation, place: Place) -> Iterable[Need]:
    for entry in operation.parameters.get("Entries") or ():
        bus = str(entry.get("EventBusName") or "default")
        yield (
            "events:PutEvents",
            bus if bus.startswith("arn:") else f"arn:aws:events:{place.region}:{place.account}:event-bus/{bus}",
        )


_SPECIAL: dict[str, Callable[[Operation, Place], Iterable[Need]]] = {
    "dynamodb:BatchGetItem": _batch,
    "dynamodb:BatchWriteItem": _batch,
    "dynamodb:TransactWriteItems": _transaction,
    "dynamodb:TransactGetItems": _transaction,
    "lambda:Invoke": _invoke,
    "lambda:InvokeAsync": _invoke,
    "lambda:InvokeWithResponseStream": _invoke,
    "kms:Decrypt": _decrypt,
    "codebuild:BatchGetBuilds": _builds,
    "codebuild:StopBuild": _builds,
    "codebuild:RetryBuild": _builds,
    "cloudwatch:DescribeAlarms": _named("AlarmName", "AlarmNames"),
    "codebuild:BatchGetProjects": _named("name", "names"),
    "codebuild:BatchGetReportGroups": _named("reportGroupArn", "reportGroupArns"),
    "codecommit:BatchGetRepositories": _named("repositoryName", "repositoryNames"),
    "ecr:DescribeRepositories": _named("repositoryName", "repositoryNames"),
    "ssm:GetParameters": _named("Name", "Names"),
    "ssm:DeleteParameters": _named("Name", "Names"),
    "logs:DescribeLogGroups": _log_groups,
    "eks:CreateAccessEntry": _cluster,
    "eks:ListAccessEntries": _cluster,
    "eks:DescribeAccessEntry": _caller_access_entry,
    "eks:UpdateAccessEntry": _caller_access_entry,
    "eks:DeleteAccessEntry": _caller_access_entry,
    "eks:AssociateAccessPolicy": _caller_access_entry,
    "eks:DisassociateAccessPolicy": _caller_access_entry,
    "eks:ListAssociatedAccessPolicies": _caller_access_entry,
    "eks:CreateNodegroup": _cluster,
    "eks:CreateAddon": _cluster,
    "events:PutTargets": _targets,
    "events:PutEvents": _event_bus,
}
