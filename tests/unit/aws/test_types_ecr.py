"""Repositories of images, with tags that may move and tags that may not."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.aws.cloudformation.resource import Desired
from local.aws.cloudformation.types.ecr import Repository

MOVING = {
    "ImageTagMutabilityExclusionFilterType": "WILDCARD",
    "ImageTagMutabilityExclusionFilterValue": "cache-*",
}
IMMUTABLE = {"RepositoryName": "shop/web", "ImageTagMutability": "IMMUTABLE"}
CACHED = {
    "RepositoryName": "shop/web",
    "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "ImageTagMutabilityExclusionFilters": [MOVING],
}


@pytest.fixture
def ecr() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("ecr", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")


def filters(ecr: Any) -> Any:
    (found,) = ecr.describe_repositories(repositoryNames=["shop/web"])["repositories"]
    return found["imageTagMutability"], found.get("imageTagMutabilityExclusionFilters", [])


def test_tags_that_may_move_are_named_as_the_api_names_them(ecr: Any) -> None:
    provider = Repository(SimpleNamespace(client=lambda service: ecr))  # type: ignore[arg-type]
    made = provider.create(desired(CACHED))
    named = ("IMMUTABLE_WITH_EXCLUSION", [{"filterType": "WILDCARD", "filter": "cache-*"}])
    assert filters(ecr) == named
    provider.update(made, desired(IMMUTABLE))
    assert filters(ecr)[0] == "IMMUTABLE"
    provider.update(provider.update(made, desired(IMMUTABLE)), desired(CACHED))
    assert filters(ecr) == named


def desired(properties: dict[str, Any]) -> Desired:
    return Desired("Images", "AWS::ECR::Repository", properties, "stack", "shop", "made-up")
