"""IAM's evaluation as a table: policies, action, resource → allowed, or the reason in AWS's words."""

import json
from typing import Any

import pytest

from local.identity.document import Statement, parse
from local.identity.evaluator import Policies, Who, refusal, trusted, trusts_service

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
WHO = Who(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/run", ROLE)
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/releases"


def policy(*statements: dict[str, Any]) -> tuple[Statement, ...]:
    return parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (allow("dynamodb:PutItem", TABLE), True),
        (allow("DynamoDB:putitem", TABLE), True),
        (allow("dynamodb:Put*", TABLE), True),
        (allow("dynamodb:Put?tem", TABLE), True),
        (allow("*", "*"), True),
        (allow(["s3:GetObject", "dynamodb:PutItem"], ["arn:aws:s3:::b", TABLE]), True),
        (allow("dynamodb:PutItem", TABLE.replace("releases", "*")), True),
        (allow("dynamodb:PutItem", TABLE.upper()), False),
        (allow("dynamodb:GetItem", TABLE), False),
        (allow("dynamodb:PutItem", TABLE + "/index/*"), False),
        (allow("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/releases"), False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "dynamodb:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "dynamodb:*", "NotResource": "arn:aws:s3:::*"}, True),
        ({"Effect": "Allow", "Action": "dynamodb:*", "NotResource": TABLE}, False),
    ],
)
def test_one_identity_statement(statement: dict[str, Any], allowed: bool) -> None:
    reason = refusal(Policies(policy(statement)), "dynamodb:PutItem", TABLE, WHO)
    assert (reason is None) is allowed
    if not allowed:
        assert reason == "because no identity-based policy allows the dynamodb:PutItem action"


def test_a_star_resource_needs_a_star_statement() -> None:
    named = Policies(policy(allow("ecr:*", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/*")))
    assert refusal(named, "ecr:GetAuthorizationToken", "*", WHO) is not None
    assert refusal(Policies(policy(allow("ecr:*", "*"))), "ecr:GetAuthorizationToken", "*", WHO) is None


def test_an_explicit_deny_wins_wherever_it_stands() -> None:
    granted = policy(allow("*", "*"))
    denied = policy(deny("dynamodb:*", TABLE))
    everyone = policy(deny("dynamodb:*", TABLE, Principal="*"))
    for policies, kind in (
        (Policies((*granted, *denied)), "an identity-based policy"),
        (Policies(granted, boundary=(*granted, *denied)), "a permissions boundary"),
        (Policies(granted, session=(*granted, *denied)), "a session policy"),
        (Policies(granted, resource=everyone), "a resource-based policy"),
    ):
        assert refusal(policies, "dynamodb:PutItem", TABLE, WHO) == f"with an explicit deny in {kind}"


def test_a_boundary_and_a_session_policy_only_narrow() -> None:
    granted, narrow = policy(allow("*", "*")), policy(allow("s3:*", "*"))
    assert refusal(Policies(granted, boundary=narrow), "s3:GetObject", "arn:aws:s3:::b/k", WHO) is None
    reason = refusal(Policies(granted, boundary=narrow), "dynamodb:PutItem", TABLE, WHO)
    assert reason == "because no permissions boundary allows the dynamodb:PutItem action"
    reason = refusal(Policies(granted, session=narrow), "dynamodb:PutItem", TABLE, WHO)
    assert reason == "because no session policy allows the dynamodb:PutItem action"
    assert refusal(Policies((), boundary=granted), "dynamodb:PutItem", TABLE, WHO) is not None


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ({"AWS": ROLE}, True),
        ({"AWS": WHO.arn}, True),
        ("*", True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False),  # lets the account's own policies decide
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
    ],
)
def test_a_resource_policy_grants_to_who_it_names(principal: Any, allowed: bool) -> None:
    bucket = policy(allow("s3:GetObject", "arn:aws:s3:::b/*", Principal=principal))
    assert (refusal(Policies((), resource=bucket), "s3:GetObject", "arn:aws:s3:::b/k", WHO) is None) is allowed


@pytest.mark.parametrize(
    ("condition", "judged_true"),
    [
        ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/dep*"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": ["1", ACCOUNT]}}, True),
        ({"StringNotEquals": {"aws:PrincipalArn": ROLE}}, False),
        ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}}, False),
    ],
)
def test_a_condition_on_the_principal_is_judged(condition: dict[str, Any], judged_true: bool) -> None:
    allowed = refusal(Policies(policy(allow("s3:*", "*", Condition=condition))), "s3:GetObject", "x", WHO) is None
    assert allowed is judged_true
    both = policy(allow("s3:*", "*"), deny("s3:*", "*", Condition=condition))
    assert (refusal(Policies(both), "s3:GetObject", "x", WHO) is None) is not judged_true


def test_a_condition_nobody_can_judge_lets_an_allow_pass_and_a_deny_not() -> None:
    unknown = {"Bool": {"aws:SecureTransport": "false"}}
    assert refusal(Policies(policy(allow("s3:*", "*", Condition=unknown))), "s3:GetObject", "x", WHO) is None
    both = policy(allow("s3:*", "*"), deny("s3:*", "*", Condition=unknown))
    assert refusal(Policies(both), "s3:GetObject", "x", WHO) is None


@pytest.mark.parametrize(
    ("principal", "how"),
    [
        ({"AWS": ROLE}, "direct"),
        ({"AWS": ACCOUNT}, "account"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "account"),
        ({"AWS": "arn:aws:iam::999999999999:root"}, None),
        ({"Service": "lambda.amazonaws.com"}, None),
    ],
)
def test_a_trust_policy_takes_the_role_or_its_account(principal: Any, how: str | None) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    assert trusted(policy(statement), "sts:AssumeRole", WHO) == how


def test_a_trust_policy_names_its_services() -> None:
    trust = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    assert trusts_service(trust, "sts:AssumeRole", "lambda.amazonaws.com", {})
    assert not trusts_service(trust, "sts:AssumeRole", "codebuild.amazonaws.com", {})
    other = parse(
        json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}})
    )
    assert not trusts_service(other, "sts:AssumeRole", "lambda.amazonaws.com", {})


@pytest.mark.parametrize(
    "document", ['{"Statement": [{"Effect": "Maybe", "Action": "*"}]}', '{"Statement": [{"Effect": "Allow"}]}']
)
def test_a_broken_document_is_an_error(document: str) -> None:
    with pytest.raises(ValueError, match=r"Effect|Action"):
        parse(document)
