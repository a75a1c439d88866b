"""A zip in S3 as a source: the event that an upload is, and what the action makes of it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.events.models import Rule

from local.codepipeline.providers import s3
from local.codepipeline.runner import Done, Refused
from local.codepipeline.state import Location
from local.events.bus import _as_sent
from local.events.patterns import matches

PATTERN = {
    "source": ["aws.s3"],
    "detail-type": ["Object Created"],
    "detail": {"bucket": {"name": ["uploads"]}, "object": {"key": ["shop.zip"]}},
}


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        made = boto3.Session("key", "secret", region_name="us-east-1")
        client = made.client("s3")
        for bucket in ("uploads", "artifacts"):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        yield made


def work(session: boto3.Session, bucket: str = "uploads", version: str = "") -> Any:
    run = SimpleNamespace(
        resolved={"S3Bucket": bucket, "S3ObjectKey": "shop.zip"},
        override=SimpleNamespace(kind="S3_OBJECT_VERSION_ID", value=version) if version else None,
        outputs={"Source": Location("artifacts", "shop/Source/1")},
        region="us-east-1",
    )
    pipeline = SimpleNamespace(store=lambda region: SimpleNamespace(kms_key=None))
    return SimpleNamespace(run=run, pipeline=pipeline, session=lambda: session)


def test_the_newest_version_or_the_one_that_was_asked_for_is_the_artifact(session: boto3.Session) -> None:
    client = session.client("s3")
    versions = [client.put_object(Bucket="uploads", Key="shop.zip", Body=body)["VersionId"] for body in (b"1", b"2")]
    for given, version, body in (("", versions[1], b"2"), (versions[0], versions[0], b"1")):
        done = s3.fetch(work(session, version=given))
        assert isinstance(done, Done)
        assert done.revision
        assert (done.variables["VersionId"], done.revision.id) == (version, version)
        assert client.get_object(Bucket="artifacts", Key="shop/Source/1")["Body"].read() == body


def test_a_bucket_without_versions_is_refused(session: boto3.Session) -> None:
    session.client("s3").put_object(Bucket="artifacts", Key="shop.zip", Body=b"1")
    refused = s3.fetch(work(session, "artifacts"))
    assert isinstance(refused, Refused)
    assert "has no versioning" in refused.message


def test_an_upload_is_the_event_that_the_rule_waits_for(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(Rule, "send_to_targets", lambda rule, event, transform_input=True: heard.append(event))
    session.client("events").put_rule(Name="any", EventPattern='{"source": ["aws.s3"]}')
    client = session.client("s3")
    client.put_object(Bucket="uploads", Key="shop.zip", Body=b"before")
    assert heard == []
    client.put_bucket_notification_configuration(
        Bucket="uploads", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    for key in ("shop.zip", "other.zip"):
        client.put_object(Bucket="uploads", Key=key, Body=b"now")
    created = [_as_sent(event) for event in heard if event["detail-type"] == "Object Created"]
    assert [matches(PATTERN, event) for event in created] == [True, False]
