"""Repositories by their CloudFormation type, on ECR's own API."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.aws.cloudformation.resource import Desired
from local.aws.cloudformation.types import PROVIDERS

KIND = "AWS::ECR::Repository"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0123"
MARKS = {
    "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "ImageTagMutabilityExclusionFilters": [
        {"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "in-*"}
    ],
}


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("ecr", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")


def provider(client: Any) -> Any:
    aws: Any = SimpleNamespace(client=lambda service: client, account="123456789012", region="us-east-1")
    return PROVIDERS[KIND](aws)


def desired(**properties: Any) -> Desired:
    return Desired("Images", KIND, {"RepositoryName": "shop/web", **properties}, "stack", "shop", "made-up")


def told(client: Any) -> dict[str, Any]:
    (found,) = client.describe_repositories()["repositories"]
    return dict(found)


def test_tags_that_may_move_are_told_in_the_words_of_the_api(client: Any) -> None:
    kms = {"EncryptionType": "KMS", "KmsKey": KEY}
    provider(client).create(desired(**MARKS, EncryptionConfiguration=kms))
    found = told(client)
    assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert found["imageTagMutabilityExclusionFilters"] == [{"filterType": "WILDCARD", "filter": "in-*"}]
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": KEY}


def test_an_update_lets_tags_move_and_holds_them_again(client: Any) -> None:
    made = provider(client).create(desired(ImageTagMutability="IMMUTABLE"))
    marked = provider(client).update(made, desired(**MARKS))
    assert told(client)["imageTagMutabilityExclusionFilters"] == [{"filterType": "WILDCARD", "filter": "in-*"}]
    provider(client).update(marked, desired(ImageTagMutability="IMMUTABLE"))
    assert told(client)["imageTagMutability"] == "IMMUTABLE"
