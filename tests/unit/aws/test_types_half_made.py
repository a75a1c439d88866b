"""A creation of several calls that fails in the middle leaves nothing: the stack can be deployed again."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.cloudformation.resource import Desired
from local.aws.cloudformation.types.iam import Role

STATEMENT = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Iam:
    """IAM as far as a role with a policy that does not exist needs it."""

    def __init__(self) -> None:
        self.roles: set[str] = set()
        operations = {"delete_role": "DeleteRole", "detach_role_policy": "DetachRolePolicy"}
        self.meta = SimpleNamespace(method_to_api_mapping=operations)

    def create_role(self, RoleName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.roles.add(RoleName)
        return {"Role": {"Arn": f"arn:aws:iam::123456789012:role/{RoleName}", "RoleId": "AROA"}}

    def attach_role_policy(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "no such policy"}}, "AttachRolePolicy")

    def detach_role_policy(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "not attached"}}, "DetachRolePolicy")

    def delete_role(self, RoleName: str) -> None:  # noqa: N803
        self.roles.remove(RoleName)


def test_a_role_whose_policy_does_not_exist_is_not_left_behind() -> None:
    iam = Iam()
    provider = Role(SimpleNamespace(client=lambda service: iam))  # type: ignore[arg-type]
    properties = {
        "RoleName": "deployer",
        "AssumeRolePolicyDocument": {"Statement": [STATEMENT]},
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/Nothing"],
    }
    with pytest.raises(ClientError, match="no such policy"):
        provider.create(Desired("Role", "AWS::IAM::Role", properties, "stack", "shop", "made-up"))
    assert iam.roles == set()
