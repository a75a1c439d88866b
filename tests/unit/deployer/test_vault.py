"""The secrets of a target, read from Secrets Manager and the Parameter Store, each by its reference."""

import base64

import boto3
import pytest
from moto import mock_aws

from deployer.errors import Fatal
from deployer.vault import Vault, split

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/dev/db-AbCdEf"


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="us-east-1")


def keep(client, name, **value):
    return client("secretsmanager").create_secret(Name=name, **value)["ARN"]


def read(client, **references):
    """name: what its Secret holds."""
    found = Vault(client, references).secrets()
    return {
        each["metadata"]["name"]: {key: base64.b64decode(value) for key, value in each["data"].items()}
        for each in found
    }


def test_a_json_objects_keys_are_the_secrets_and_the_rest_is_whole(client):
    arn = keep(client, "shop/dev/db", SecretString='{"user": "shop", "port": 5432}')
    keep(client, "shop/dev/word", SecretString="hunter2")
    keep(client, "shop/dev/bytes", SecretBinary=b"\x00\xff")
    assert read(client, db=arn, word="shop/dev/word", bytes="shop/dev/bytes") == {
        "db": {"user": b"shop", "port": b"5432"}, "word": {"value": b"hunter2"}, "bytes": {"value": b"\x00\xff"},
    }  # fmt: skip


def test_one_key_of_it_alone(client):
    arn = keep(client, "shop/dev/db", SecretString='{"user": "shop", "password": "hunter2"}')
    assert read(client, a="shop/dev/db:password", b=f"{arn}:user") == {
        "a": {"password": b"hunter2"}, "b": {"user": b"shop"},
    }  # fmt: skip


def test_a_parameter_is_decrypted(client):
    client("ssm").put_parameter(Name="/shop/dev/pin", Value="1234", Type="SecureString")
    assert read(client, pin="ssm:/shop/dev/pin") == {"pin": {"value": b"1234"}}


@pytest.mark.parametrize(
    "reference", ["shop/dev/none", "ssm:/shop/dev/none", "shop/dev/db:none", "shop/dev/bytes:none"]
)
def test_what_is_not_there_is_an_error_that_names_it_and_no_value(client, reference):
    keep(client, "shop/dev/db", SecretString='{"password": "hunter2"}')
    keep(client, "shop/dev/bytes", SecretBinary=b"hunter2")
    with pytest.raises(Fatal) as caught:
        read(client, db=reference)
    assert caught.value.subject == "secret db"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "found"),
    [("a/b", ("a/b", "")), ("a/b:c", ("a/b", "c")), (ARN, (ARN, "")), (f"{ARN}:c", (ARN, "c"))],
)
def test_a_reference_is_a_name_or_an_arn_with_a_key_or_without(reference, found):
    assert split(reference) == found
