"""CloudFormation's words in the API's."""

from typing import Any

import boto3
import pytest

from local.aws.cloudformation.convert import arguments
from local.aws.cloudformation.resource import ResourceFailed


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def test_keys_lose_their_capital_and_maps_keep_theirs() -> None:
    stages = [
        {"Name": "Build", "Actions": [{"Name": "A", "Configuration": {"ProjectName": "p", "UserParameters": "{}"}}]}
    ]
    said = arguments(client("codepipeline"), "CreatePipeline", {"Pipeline": {"Name": "shop", "Stages": stages}})
    action = said["pipeline"]["stages"][0]["actions"][0]
    assert action == {"name": "A", "configuration": {"ProjectName": "p", "UserParameters": "{}"}}


def test_text_becomes_the_kind_that_the_api_takes() -> None:
    said = arguments(client("lambda"), "CreateFunction", {"MemorySize": "512", "Publish": "true"})
    assert said == {"MemorySize": 512, "Publish": True}


def test_tags_become_a_map_where_the_api_has_one() -> None:
    said = arguments(client("eks"), "CreateCluster", {"Name": "a", "Tags": [{"Key": "team", "Value": "shop"}]})
    assert said["tags"] == {"team": "shop"}


def test_a_document_becomes_text_where_the_api_takes_text() -> None:
    said = arguments(client("events"), "PutRule", {"Name": "a", "EventPattern": {"source": ["aws.codecommit"]}})
    assert said["EventPattern"] == '{"source": ["aws.codecommit"]}'


def test_an_unknown_property_is_an_error_with_its_path() -> None:
    with pytest.raises(ResourceFailed, match=r"#/Environment: extraneous key \[Nonsense\]"):
        arguments(client("codebuild"), "CreateProject", {"Environment": {"Nonsense": 1}})


def test_a_number_that_is_none_is_an_error() -> None:
    with pytest.raises(ResourceFailed, match="MemorySize"):
        arguments(client("lambda"), "CreateFunction", {"MemorySize": "much"})
