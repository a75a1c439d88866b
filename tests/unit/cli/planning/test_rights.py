"""Policies of two templates → who may do more, and who may do less."""

from typing import Any

import pytest

from cli.planning.grants import grants
from cli.planning.names import Names
from cli.planning.rights import RightsChange, rights_changes

TRUST = {
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]
}


def allow(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def role(*statements: Any, **properties: Any) -> dict[str, Any]:
    attached = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": list(statements)}}
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, **properties}},
            "Policy": {"Type": "AWS::IAM::Policy", "Properties": attached},
        }
    }


def moved(old: Any, new: Any) -> tuple[RightsChange, ...]:
    names = Names([old, new])
    return rights_changes(grants(old, names), grants(new, names))


def told(old: Any, new: Any) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (right.direction, right.effect, right.actions, right.on)
        for change in moved(old, new)
        for right in change.rights
    ]


READ, WRITE = "s3:GetObject", "s3:PutObject"
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([allow(READ)], [allow([READ, WRITE])], [("widens", "may", (WRITE,), ("*",))]),
        ([allow([READ, WRITE])], [allow(READ)], [("narrows", "may", (WRITE,), ("*",))]),
        ([allow(READ, "a"), allow(WRITE, "a")], [allow([WRITE, READ], ["a"])], []),
        ([allow("s3:Get*")], [allow(READ)], [("narrows", "may", ("s3:Get*",), ("*",))]),
        ([allow(READ, "a/b")], [allow(READ, "a/*")], [("widens", "may", (READ,), ("a/*",))]),
        ([allow(READ), allow("s3:*")], [allow("s3:*")], []),
        ([allow(READ)], [allow("S3:getobject")], []),
        ([allow(READ, Condition=PLAIN_HTTP)], [allow(READ)], [("widens", "may", (READ,), ("*",))]),
        ([allow(READ)], [allow(READ, Condition=PLAIN_HTTP)], [("narrows", "may", (READ,), ("*",))]),
        ([allow(READ)], [allow(READ), allow(READ, "a", "Deny")], [("narrows", "may not", (READ,), ("a",))]),
        ([allow(READ), allow(READ, "a", "Deny")], [allow(READ)], [("widens", "may not", (READ,), ("a",))]),
        (
            [allow(READ)],
            [allow(READ), {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}],
            [("widens", "may", ("all but iam:*, sts:*",), ("*",))],
        ),
        (
            [],
            [allow([READ, WRITE], ["b", "b/*"]), allow("s3:ListBucket", "b")],
            [("widens", "may", (READ, WRITE), ("b", "b/*")), ("widens", "may", ("s3:ListBucket",), ("b",))],
        ),
    ],
)
def test_grants_move_by_what_they_allow(old: list[Any], new: list[Any], expected: list[Any]) -> None:
    assert sorted(told(role(*old), role(*new))) == sorted(expected)


def test_inline_managed_and_bounded_rights_count_too() -> None:
    inline = {"PolicyName": "p", "PolicyDocument": {"Statement": [allow(READ, "a")]}}
    managed = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert told(role(), role(Policies=[inline], ManagedPolicyArns=[managed])) == [
        ("widens", "may", ("all that the policy AdministratorAccess allows",), ("",)),
        ("widens", "may", (READ,), ("a",)),
    ]
    assert told(role(PermissionsBoundary="arn:aws:iam::1:policy/edge"), role()) == [
        ("widens", "may not", ("all but what the policy edge allows",), ("",))
    ]


def test_who_may_act_as_a_role_is_a_right() -> None:
    other = {"Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": {"Ref": "Other"}}}]}
    (change,) = moved(role(), role(AssumeRolePolicyDocument=other))
    assert (change.holder.kind, change.widens, change.narrows) == ("trust", True, True)
    assert [(right.direction, right.who) for right in change.rights] == [
        ("widens", ("Other",)),
        ("narrows", ("lambda.amazonaws.com",)),
    ]


def stack(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Resources": {"It": {"Type": kind, "Properties": properties}}}


def access(*namespaces: str, policy: str = "AmazonEKSEditPolicy") -> dict[str, Any]:
    scope = {"Type": "namespace", "Namespaces": list(namespaces)} if namespaces else {"Type": "cluster"}
    arn = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":eks::aws:cluster-access-policy/{policy}"]]}
    return stack("AWS::EKS::AccessEntry", PrincipalArn="r", AccessPolicies=[{"PolicyArn": arn, "AccessScope": scope}])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (access("a"), access("a", "b"), [("widens", ("AmazonEKSEditPolicy",), ("the namespace b",))]),
        (
            access("a"),
            access("a", policy="AmazonEKSViewPolicy"),
            [
                ("widens", ("AmazonEKSViewPolicy",), ("the namespace a",)),
                ("narrows", ("AmazonEKSEditPolicy",), ("the namespace a",)),
            ],
        ),
        (
            access(),
            access("a"),
            [
                ("widens", ("AmazonEKSEditPolicy",), ("the namespace a",)),
                ("narrows", ("AmazonEKSEditPolicy",), ("the whole cluster",)),
            ],
        ),
        (
            stack("AWS::Lambda::Permission", FunctionName="f", Action="lambda:InvokeFunction", Principal="a"),
            stack("AWS::Lambda::Permission", FunctionName="f", Action="lambda:InvokeFunction", Principal="*"),
            [("widens", ("lambda:InvokeFunction",), ("",))],
        ),
    ],
)
def test_access_to_clusters_and_functions_are_rights(old: Any, new: Any, expected: list[Any]) -> None:
    assert [(way, actions, on) for way, _, actions, on in told(old, new)] == expected


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::S3::BucketPolicy", "PolicyDocument"),
        ("AWS::KMS::Key", "KeyPolicy"),
        ("AWS::SNS::TopicPolicy", "PolicyDocument"),
        ("AWS::ECR::Repository", "RepositoryPolicyText"),
        ("AWS::Something::New", "ItsPolicy"),
    ],
)
def test_a_policy_of_any_resource_is_read(kind: str, name: str) -> None:
    statements = [
        allow("x:Read", Principal={"AWS": ["a", "b"]}),
        allow("x:Read", "*", "Deny", NotPrincipal={"AWS": "c"}),
    ]
    (change,) = moved(stack(kind), stack(kind, **{name: {"Statement": statements}}))
    assert change.holder.kind == "resource"
    assert [(right.effect, right.who) for right in change.rights] == [("may", ("a", "b")), ("may not", ("all but c",))]


def test_a_policy_in_a_text_with_references_is_read() -> None:
    parts = ['{"Statement":[{"Action":["logs:PutLogEvents"],"Effect":"Allow","Principal":{"AWS":"', {"Ref": "Role"}]
    text = {"Fn::Join": ["", [*parts, '"},"Resource":"', {"Fn::GetAtt": ["Log", "Arn"]}, '"}]}']]}
    (change,) = moved(stack("AWS::Logs::ResourcePolicy"), stack("AWS::Logs::ResourcePolicy", PolicyDocument=text))
    assert [(right.who, right.on) for right in change.rights] == [(("Role",), ("Log",))]


def test_another_account_is_not_this_one() -> None:
    def topic(split: Any) -> Any:
        who = {"AWS": {"Fn::Select": [4, {"Fn::Split": [":", split]}]}}
        return stack("AWS::SNS::TopicPolicy", PolicyDocument={"Statement": [allow("sns:Publish", Principal=who)]})

    (change,) = moved(topic({"Fn::GetAtt": ["It", "Arn"]}), topic("arn:aws:iam::999999999999:role/other"))
    assert change.widens


def test_both_branches_of_a_condition_count() -> None:
    nothing = {"Ref": "AWS::NoValue"}
    either = {"Fn::If": ["Strict", allow(READ, "a"), allow(READ, "b")]}
    inline = {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": [either, {"Fn::If": ["Loose", nothing, allow(WRITE)]}]},
    }
    assert told(role(), role(Policies={"Fn::If": ["Some", [inline], nothing]})) == [
        ("widens", "may", (READ,), ("a", "b")),
        ("widens", "may", (WRITE,), ("*",)),
    ]


def test_what_is_new_or_goes_is_said() -> None:
    empty: dict[str, Any] = {"Resources": {}}
    assert [(change.new, change.widens) for change in moved(empty, role(allow(READ)))] == [(True, True)] * 2
    gone = moved(role(allow(READ), allow(READ, "a", "Deny")), empty)
    assert [(change.gone, change.widens, change.narrows) for change in gone] == [(True, False, True)] * 2
