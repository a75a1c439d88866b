"""What CloudFormation answers about a stack, and what it refuses to answer."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.errors import CANNOT_RUN, CommandError
from cli.planning.deployed import Deployed, read

TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
ASKED = {"StackName": "shop"}


@pytest.fixture
def cloudformation() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("cloudformation", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def answer(stub: Stubber, status: str, body: str = "") -> None:
    stack = {"StackName": "shop", "CreationTime": datetime(2026, 3, 2, tzinfo=UTC), "StackStatus": status}
    stub.add_response("describe_stacks", {"Stacks": [stack]}, ASKED)
    if body:
        stub.add_response("get_template", {"TemplateBody": body}, {**ASKED, "TemplateStage": "Original"})


def test_a_stack_that_takes_updates_is_its_template(cloudformation: Any) -> None:
    client, stub = cloudformation
    answer(stub, "UPDATE_ROLLBACK_COMPLETE", json.dumps(TEMPLATE))
    assert read(client, "shop") == Deployed("shop", "UPDATE_ROLLBACK_COMPLETE", TEMPLATE)


def test_a_stack_that_is_not_there_is_empty(cloudformation: Any) -> None:
    client, stub = cloudformation
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id shop does not exist", 400)
    found = read(client, "shop")
    assert (found.status, found.template, found.note) == ("", {}, "is not there yet: all of it is new")


def test_a_stack_of_a_change_set_that_nobody_executed_is_empty(cloudformation: Any) -> None:
    client, stub = cloudformation
    answer(stub, "REVIEW_IN_PROGRESS")
    assert read(client, "shop").template == {}


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("ROLLBACK_COMPLETE", "cdk deploy deletes it by itself, and makes it anew"),
        ("ROLLBACK_FAILED", "delete it: aws cloudformation delete-stack --stack-name shop"),
        ("CREATE_FAILED", "delete it: aws cloudformation delete-stack --stack-name shop"),
    ],
)
def test_a_stack_that_was_never_made_is_empty_with_a_remedy(cloudformation: Any, status: str, remedy: str) -> None:
    client, stub = cloudformation
    answer(stub, status)
    found = read(client, "shop")
    assert (found.template, found.remedy) == ({}, remedy)
    assert status in found.note


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("UPDATE_IN_PROGRESS", "plan again when it has ended"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "plan again when it has ended"),
        ("DELETE_FAILED", "aws cloudformation delete-stack --stack-name shop"),
        ("UPDATE_FAILED", "aws cloudformation rollback-stack --stack-name shop"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name shop"),
    ],
)
def test_a_stack_that_takes_no_update_is_compared_with_a_remedy(cloudformation: Any, status: str, remedy: str) -> None:
    client, stub = cloudformation
    answer(stub, status, json.dumps(TEMPLATE))
    found = read(client, "shop")
    assert found.template == TEMPLATE
    assert status in found.note
    assert remedy in found.remedy


@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken"])
def test_who_may_not_read_is_told_what_to_allow(cloudformation: Any, code: str) -> None:
    client, stub = cloudformation
    stub.add_client_error("describe_stacks", code, "not authorized to perform cloudformation:DescribeStacks", 403)
    with pytest.raises(CommandError, match="does not tell what is deployed of shop: not authorized") as refused:
        read(client, "shop")
    assert refused.value.code == CANNOT_RUN
    assert "cloudformation:GetTemplate" in refused.value.remedy


def test_other_answers_are_not_taken_for_absence(cloudformation: Any) -> None:
    client, stub = cloudformation
    stub.add_client_error("describe_stacks", "ValidationError", "Stack name is too long", 400)
    with pytest.raises(client.exceptions.ClientError, match="too long"):
        read(client, "shop")


def test_a_template_that_is_no_json_is_not_cdks(cloudformation: Any) -> None:
    client, stub = cloudformation
    answer(stub, "CREATE_COMPLETE", "Resources: {}")
    with pytest.raises(CommandError, match="another tool than CDK"):
        read(client, "shop")
