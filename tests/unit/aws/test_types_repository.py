"""A repository whose tags may not move, but for some: CloudFormation has other words for that than ECR."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
from moto import mock_aws

from local.aws.cloudformation.resource import Desired
from local.aws.cloudformation.types import PROVIDERS

KIND = "AWS::ECR::Repository"
FILTER = "ImageTagMutabilityExclusionFilter"


def said(*filters: str) -> dict[str, Any]:
    wildcards = [{f"{FILTER}Type": "WILDCARD", f"{FILTER}Value": each} for each in filters]
    more = {f"{FILTER}s": wildcards} if wildcards else {}
    mutability = "IMMUTABLE_WITH_EXCLUSION" if wildcards else "IMMUTABLE"
    return {"RepositoryName": "shop/web", "ImageTagMutability": mutability, **more}


@mock_aws
def test_filters_are_made_changed_and_taken_away() -> None:
    ecr: Any = boto3.client("ecr", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
    provider = PROVIDERS[KIND](SimpleNamespace(client=lambda _: ecr))  # type: ignore[arg-type]
    desired = Desired("Images", KIND, said("sha256-*.sig"), "stack", "shop", "x")
    deployed = provider.create(desired)
    assert filters(ecr) == ["sha256-*.sig"]
    for wanted in (["sha256-*.sig", "dev-*"], []):
        deployed = provider.update(deployed, replace(desired, properties=said(*wanted)))
        assert filters(ecr) == wanted
        assert deployed.properties == said(*wanted)


def filters(ecr: Any) -> list[str]:
    (found,) = ecr.describe_repositories(repositoryNames=["shop/web"])["repositories"]
    return [each["filter"] for each in found.get("imageTagMutabilityExclusionFilters") or ()]
