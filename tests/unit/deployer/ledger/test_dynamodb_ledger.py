import dataclasses
import datetime as dt

import boto3
import pytest
from moto import mock_aws

from deployer.bump.references import Image
from deployer.ledger import Held
from deployer.ledger.dynamodb import DynamoLedger
from deployer.release import Release

IMAGE = Image("web", "host/shop/web", "src-1", "sha256:" + "a" * 64)
RELEASE = Release("shop", "c0ffee", "main", "Fix it", "A. Uthor", {"web": IMAGE}, "2026-01-01T00:00:00Z")


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = boto3.client("dynamodb", region_name="us-east-1")
        made.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


def ledger(client, environment="dev"):
    return DynamoLedger(client, "t", "shop", environment, lambda: dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC))


def item(client, pk, sk):
    return client.get_item(TableName="t", Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")


def test_a_number_is_given_once_per_execution_and_is_the_same_everywhere(client):
    assert ledger(client).number("e1") == 1
    assert ledger(client, "prod").number("e1") == 1
    assert ledger(client).number("e2") == 2
    assert item(client, "shop", "counter")["number"] == {"N": "2"}


def test_a_release_is_opened_and_closed(client):
    ledger(client).open(7, "e1", RELEASE)
    opened = item(client, "shop#dev", "0000000007")
    assert opened["status"] == {"S": "InProgress"}
    assert opened["images"] == {"M": {"web": {"S": f"host/shop/web@{IMAGE.digest}"}}}
    assert opened["started"] == {"S": "2026-01-02T03:04:05Z"}
    ledger(client).close(7, "Failed", "it crashed", restored=6)
    closed = item(client, "shop#dev", "0000000007")
    assert (closed["status"], closed["restored"], closed["scan"]) == ({"S": "Failed"}, {"N": "6"}, {"S": "not scanned"})
    assert closed["commit"] == {"S": "c0ffee"}
    (entry,) = ledger(client).history(1).entries
    assert entry.authored == RELEASE.authored
    assert entry.release("shop").authored == RELEASE.authored


def test_a_release_keeps_what_its_bills_of_materials_are(client):
    sbom = {"web": "sbom/web.cdx.json@sha256:" + "b" * 64}
    ledger(client).open(7, "e1", dataclasses.replace(RELEASE, sbom=sbom))
    (entry,) = ledger(client).history(1).entries
    assert entry.release("shop").sbom == sbom
    ledger(client).open(8, "e2", RELEASE)
    assert "sbom" not in item(client, "shop#dev", "0000000008")


def test_a_retry_opens_the_record_anew(client):
    ledger(client).open(7, "e1", RELEASE)
    ledger(client).close(7, "Failed", "it crashed", restored=6)
    ledger(client).open(7, "e1", RELEASE)
    assert not {"finished", "summary", "restored"} & set(item(client, "shop#dev", "0000000007"))


def test_a_release_that_was_never_opened_can_be_closed(client):
    ledger(client).close(3, "Failed", "no artifact")
    assert item(client, "shop#dev", "0000000003")["summary"] == {"S": "no artifact"}


def test_what_runs_now_is_named(client):
    ledger(client).runs(7)
    assert item(client, "shop#dev", "current")["number"] == {"N": "7"}


def at(client, target):
    return DynamoLedger(client, "t", "shop", "prod", lambda: dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), target)


def test_each_target_has_its_releases_and_all_have_the_numbers(client):
    for target in ("eu", "us"):
        assert at(client, target).number("e1") == 1
    at(client, "eu").open(1, "e1", RELEASE)
    at(client, "eu").succeed(1, "it runs")
    assert item(client, "shop#prod/eu", "0000000001")["environment"] == {"S": "prod/eu"}
    assert (at(client, "eu").history(5).current, at(client, "us").history(5).entries) == (1, ())


def test_a_hold_is_of_one_target_or_of_the_environment_with_all(client):
    at(client, "eu").hold(Held(1, "ann", "now", "its cluster"))
    assert (at(client, "eu").held().reason, at(client, "us").held()) == ("its cluster", None)
    ledger(client, "prod").hold(Held(0, "bob", "now", "the database"))
    assert [at(client, each).held().reason for each in ("eu", "us")] == ["its cluster", "the database"]
    at(client, "eu").lift()
    assert at(client, "eu").held().reason == "the database"
    assert at(client, "us").history(1).held.by == "bob"
    ledger(client, "prod").lift()
    assert at(client, "us").held() is None
