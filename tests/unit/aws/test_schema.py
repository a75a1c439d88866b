"""Properties against CloudFormation's own schemas."""

from typing import Any

import pytest

from local.aws.cloudformation.schema import schema_of

CONNECTION = "AWS::CodeConnections::Connection"


def problems(type_name: str, properties: dict[str, Any]) -> list[str]:
    schema = schema_of(type_name)
    assert schema is not None
    return schema.problems(properties)


def test_a_type_that_aws_does_not_have_has_no_schema() -> None:
    assert schema_of("AWS::Nothing::Here") is None


def test_right_properties_pass() -> None:
    assert problems(CONNECTION, {"ConnectionName": "github", "ProviderType": "GitHub"}) == []


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "#: required key [ConnectionName] not found"),
        ({"ConnectionName": "a", "Nonsense": 1}, "#: extraneous key [Nonsense] is not permitted"),
        ({"ConnectionName": ["a"]}, "#/ConnectionName: expected type: string, found: list"),
        ({"ConnectionName": ""}, "#/ConnectionName: expected minLength: 1, actual: 0"),
    ],
)
def test_each_mistake_is_named(properties: dict[str, Any], said: str) -> None:
    assert said in problems(CONNECTION, properties)


def test_all_mistakes_are_named_at_once() -> None:
    assert len(problems("AWS::AppRunner::Service", {"Nonsense": True, "ServiceName": ["a"]})) == 3


def test_numbers_and_booleans_may_be_written_as_text() -> None:
    assert problems("AWS::Logs::LogGroup", {"RetentionInDays": "7"}) == []
    assert problems("AWS::KMS::Key", {"EnableKeyRotation": "true"}) == []


def test_identifiers_and_what_makes_a_new_resource_are_read() -> None:
    schema = schema_of(CONNECTION)
    assert schema is not None
    assert schema.primary == ["ConnectionArn"]
    assert "ConnectionName" in schema.create_only
