"""New values of secrets and parameters are told as Secrets Manager and the Parameter Store tell them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.events.secrets import announce
from tests.support.gated_moto import make_home

Told = list[tuple[str, str, list[str], dict[str, Any]]]


class Heard:
    def __init__(self) -> None:
        self.told: Told = []

    def publish(self, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        self.told.append((source, detail_type, resources, detail))


@pytest.fixture
def told(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    heard = Heard()
    announce(heard, make_home(tmp_path))
    with mock_aws():
        yield heard.told


def test_a_parameter_is_told_by_its_name_and_what_was_done(told: Told) -> None:
    ssm = boto3.client("ssm", region_name="us-east-1")
    ssm.put_parameter(Name="/shop/pin", Value="1", Type="SecureString")
    ssm.put_parameter(Name="/shop/pin", Value="2", Overwrite=True)
    arn = "arn:aws:ssm:us-east-1:123456789012:parameter/shop/pin"
    assert told == [
        ("aws.ssm", "Parameter Store Change", [arn], {"name": "/shop/pin", "type": kind, "operation": operation})
        for kind, operation in (("SecureString", "Create"), ("SecureString", "Update"))
    ]


def test_a_secret_is_told_when_its_current_version_is_another(told: Told) -> None:
    manager = boto3.client("secretsmanager", region_name="us-east-1")
    first = manager.create_secret(Name="shop/db", SecretString="1")
    pending = manager.put_secret_value(SecretId="shop/db", SecretString="2", VersionStages=["AWSPENDING"])
    manager.update_secret(SecretId="shop/db", Description="the shop's")
    assert [each[3]["versionId"] for each in told] == [first["VersionId"]]
    manager.update_secret_version_stage(
        SecretId=first["ARN"],
        VersionStage="AWSCURRENT",
        RemoveFromVersionId=first["VersionId"],
        MoveToVersionId=pending["VersionId"],
    )
    detail = {"name": "shop/db", "labelUpdated": "AWSCURRENT", "versionId": pending["VersionId"]}
    assert told[1:] == [("aws.secretsmanager", "Secret Label Updated", [first["ARN"]], detail)]
    manager.update_secret(SecretId="shop/db", SecretString="3")
    assert len(told) == 3


def test_other_regions_are_not_this_bus(told: Told) -> None:
    boto3.client("ssm", region_name="eu-west-1").put_parameter(Name="a", Value="1", Type="String")
    boto3.client("secretsmanager", region_name="eu-west-1").create_secret(Name="a", SecretString="1")
    assert told == []
