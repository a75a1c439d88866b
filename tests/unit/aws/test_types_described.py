"""Types that are described instead of programmed: what they change in place, and what they refuse to change."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from local.aws.cloudformation.resource import CannotChange, Deployed, Desired
from local.aws.cloudformation.types import PROVIDERS

NODEGROUP = "AWS::EKS::Nodegroup"
PROPERTIES: dict[str, Any] = {
    "ClusterName": "shop",
    "NodeRole": "arn:aws:iam::123456789012:role/node",
    "Subnets": ["subnet-1"],
    "ScalingConfig": {"MinSize": 1, "MaxSize": 2},
    "ForceUpdateEnabled": True,
}


class Eks:
    """EKS's node groups; the shapes of arguments are the real client's."""

    def __init__(self) -> None:
        real = boto3.client("eks", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        self.meta = real.meta
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def create_nodegroup(self, **given: Any) -> dict[str, Any]:
        self.calls.append(("create", given))
        return {"nodegroup": {"nodegroupArn": "arn:group"}}

    def update_nodegroup_config(self, **given: Any) -> None:
        self.calls.append(("update", given))


@pytest.fixture
def eks() -> Eks:
    return Eks()


def provider(eks: Eks) -> Any:
    aws: Any = SimpleNamespace(client=lambda service: eks, account="123456789012", region="us-east-1")
    return PROVIDERS[NODEGROUP](aws)


def desired(**properties: Any) -> Desired:
    return Desired("Group", NODEGROUP, {**PROPERTIES, **properties}, "stack", "shop", "made-up")


def created(eks: Eks) -> Deployed:
    made: Deployed = provider(eks).create(desired())
    return made


def test_what_is_the_templates_own_is_not_told_to_the_api(eks: Eks) -> None:
    created(eks)
    ((_, given),) = eks.calls
    assert (given["nodegroupName"], given["scalingConfig"]) == ("made-up", {"minSize": 1, "maxSize": 2})
    assert "forceUpdateEnabled" not in given


def test_what_the_api_can_change_is_changed_in_place(eks: Eks) -> None:
    before = created(eks)
    after = provider(eks).update(before, desired(ScalingConfig={"MinSize": 1, "MaxSize": 5}))
    name, given = eks.calls[-1]
    assert (name, given["nodegroupName"], given["scalingConfig"]["maxSize"]) == ("update", "made-up", 5)
    assert after.physical_resource_id == before.physical_resource_id


@pytest.mark.parametrize("change", [{"Labels": {"a": "b"}}, {"Tags": {"a": "b"}}])
def test_what_it_cannot_change_is_refused_by_name(eks: Eks, change: dict[str, Any]) -> None:
    with pytest.raises(CannotChange, match=f"cannot change {next(iter(change))} of a AWS::EKS::Nodegroup in place"):
        provider(eks).update(created(eks), desired(**change))
    assert [name for name, _ in eks.calls] == ["create"]


def test_a_change_of_the_templates_own_settings_calls_nobody(eks: Eks) -> None:
    provider(eks).update(created(eks), desired(ForceUpdateEnabled=False))
    assert [name for name, _ in eks.calls] == ["create"]


@pytest.mark.parametrize("type_name", ["AWS::CloudWatch::Alarm", "AWS::SNS::Subscription"])
def test_alarms_and_subscriptions_are_not_changed_in_place(type_name: str) -> None:
    before = Deployed("It", type_name, "it", {"Threshold": 1})
    with pytest.raises(CannotChange, match="cannot change Threshold"):
        PROVIDERS[type_name](SimpleNamespace()).update(
            before, Desired("It", type_name, {"Threshold": 2}, "s", "s", "n")
        )  # type: ignore[arg-type]
