"""`shipline plan`, from its arguments to what it prints."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.errors import OK, CommandError
from cli.main import create_parser
from cli.verbs import load
from tests.unit.cli.fakes import Screen
from tests.unit.cli.planning.test_synthesis import write_assembly

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "orders"}}
STACK = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}


@pytest.fixture
def aws() -> Iterator[tuple[Screen, Stubber]]:
    """An account, and what CloudFormation is to answer."""
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "eu-central-1"}
    clients = {name: boto3.client(name, **keys) for name in ("sts", "cloudformation")}
    with ExitStack() as stack:
        stubs = {name: stack.enter_context(Stubber(client)) for name, client in clients.items()}
        stubs["sts"].add_response("get_caller_identity", {"Account": "123456789012"})
        yield Screen(clients), stubs["cloudformation"]


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    write_assembly(tmp_path, {"shop": STACK})
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Topic": TOPIC}}))
    return tmp_path


def run(screen: Screen, *argv: str) -> int:
    arguments = create_parser().parse_args(["plan", *argv])
    return load("plan").run(arguments, screen.world)


def deployed(stub: Stubber, status: str) -> None:
    stack = {"StackName": "shop", "CreationTime": datetime(2026, 3, 2, tzinfo=UTC), "StackStatus": status}
    stub.add_response("describe_stacks", {"Stacks": [stack]})
    old = {"Resources": {"Topic": {**TOPIC, "Properties": {"TopicName": "sales"}}}}
    stub.add_response("get_template", {"TemplateBody": json.dumps(old)})


def test_text_says_where_what_and_how_much(aws: Any, assembly: Path) -> None:
    screen, stub = aws
    deployed(stub, "UPDATE_IN_PROGRESS")
    assert run(screen, "--assembly", str(assembly)) == OK
    assert screen.text.splitlines() == [
        "Deploying shop to 123456789012 in eu-central-1:",
        "shop takes no update now (UPDATE_IN_PROGRESS); compared with the template that it has at this moment",
        "  → plan again when it has ended: aws cloudformation describe-stacks --stack-name shop",
        "",
        "Lost, replaced or left behind",
        "  the topic orders is replaced by a new one, and its subscriptions with it",
        "    TopicName: sales → orders",
        "",
        "1 change; 1 replaced; 1 with the data in it",
    ]


def test_json_is_data_alone(aws: Any, assembly: Path) -> None:
    screen, stub = aws
    deployed(stub, "UPDATE_COMPLETE")
    assert run(screen, "--assembly", str(assembly), "--output", "json") == OK
    told = json.loads(screen.text)
    assert (told["account"], told["region"]) == ("123456789012", "eu-central-1")
    assert told["counts"]["replaced"] == 1
    assert [each["text"] for each in told["losses"]] == [
        "the topic orders is replaced by a new one, and its subscriptions with it"
    ]


def test_a_wrong_definition_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text("name: shop\nsource: nowhere\n")
    with pytest.raises(CommandError, match=r"pipeline\.yaml:2:"):
        run(Screen(), str(tmp_path))


def test_both_a_folder_and_an_assembly_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        create_parser().parse_args(["plan", str(tmp_path), "--assembly", str(tmp_path)])
