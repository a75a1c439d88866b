"""DynamoDB's writes are one step, however many arrive at once."""

import sys
import threading
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from local.aws.defaults import write_in_turns


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads that take turns at every step, so that what can go wrong does."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    write_in_turns()
    with mock_aws():
        yield
    sys.setswitchinterval(before)


def test_number_that_many_count_up_at_once_misses_none(hurried: None) -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    given: list[str] = []

    def count() -> None:
        for _ in range(10):
            answer = client.update_item(
                TableName="t",
                Key={"pk": {"S": "counter"}},
                UpdateExpression="ADD #n :one",
                ExpressionAttributeNames={"#n": "number"},
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="UPDATED_NEW",
            )
            given.append(answer["Attributes"]["number"]["N"])

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, given)) == list(range(1, 81))
