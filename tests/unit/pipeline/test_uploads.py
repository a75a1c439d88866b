"""A zip in S3 as the source: what an upload starts, what may read it, and what its version stands for."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.planning.names import Names
from pipeline.config import explain, load
from tests.support.definitions import problems
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service
from tests.unit.pipeline.test_base_images import stage, told_by_pipeline
from tests.unit.pipeline.test_registry import statements

UPLOADS = """\
name: store
source: {s3: acme-uploads, key: store/source.zip}
sign: true
environments: [live]
"""
Service = Callable[[str], Path]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("uploads"), UPLOADS, ("live",))
    return synthesize(folder, tmp_path_factory.mktemp("uploads-out"), account=ACCOUNT, nag=True)


def test_the_bucket_keeps_versions_tells_eventbridge_and_stays(store: Synthesized) -> None:
    (bucket,) = [each for each in store.resources.values() if each["Properties"].get("BucketName") == "acme-uploads"]
    said = bucket["Properties"]
    assert said["VersioningConfiguration"] == {"Status": "Enabled"}
    assert said["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert all(said["PublicAccessBlockConfiguration"].values())
    assert said["LoggingConfiguration"]["LogFilePrefix"] == "uploads/"
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert not [each for each in store.resources.values() if each["Type"] == "AWS::CodeCommit::Repository"]


def test_an_upload_of_the_one_key_starts_the_pipeline_and_nobody_polls(store: Synthesized) -> None:
    (rule,) = store.of_type("AWS::Events::Rule").values()
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["acme-uploads"]}, "object": {"key": ["store/source.zip"]}},
    }
    (source,) = stage(store, "Source")
    assert source["ActionTypeId"]["Provider"] == "S3"
    assert source["Configuration"]["PollForSourceChanges"] is False
    assert source["Configuration"]["S3ObjectKey"] == "store/source.zip"


def test_the_action_reads_that_object_and_no_other(store: Synthesized) -> None:
    may = statements(store, "ReleaseSourceActionRole")
    uploads = [json.dumps(each) for each in may["s3:GetObjectVersion"] if "Uploads" in json.dumps(each)]
    assert len(uploads) == 1
    assert "/store/source.zip" in uploads[0]
    assert not [each for each in may["s3:PutObject"] if "Uploads" in json.dumps(each)]


def test_the_version_stands_where_a_commit_does(store: Synthesized) -> None:
    told = {each["name"]: each["value"] for each in json.loads(told_by_pipeline(store))}
    assert told == {
        "COMMIT_ID": "#{Source.VersionId}",
        "BRANCH": "acme-uploads/store/source.zip",
        "PIPELINE_EXECUTION_ID": "#{codepipeline.PipelineExecutionId}",
    }
    (deploy,) = stage(store, "live")
    assert json.loads(deploy["Configuration"]["UserParameters"])["commit"] == "#{Source.VersionId}"
    assert "s3://acme-uploads/store/source.zip" in json.dumps(store.of_type("AWS::CodeBuild::Project"))


def test_a_plan_and_explain_name_it(store: Synthesized, service: Service) -> None:
    names = Names([store.template("delivery")])
    told = {names.full(key).partition(" (")[0] for key in store.resources if "Uploads" in key}
    assert told == {"the bucket acme-uploads", "the policy of the bucket of uploads"}
    folder = service(UPLOADS.replace("[live]", "[dev]"))
    assert "source: uploads of s3://acme-uploads/store/source.zip" in explain(load(folder))


def test_a_bucket_that_is_there_is_only_read(tmp_path: Path) -> None:
    text = UPLOADS.replace("source.zip}", "source.zip, existing: true}")
    made = synthesize(write_service(tmp_path / "service", text, ("live",)), tmp_path / "out", account=ACCOUNT)
    assert not [key for key in made.resources if "Uploads" in key]
    (source,) = stage(made, "Source")
    assert source["Configuration"]["S3Bucket"] == "acme-uploads"
    assert "s3:::acme-uploads/store/source.zip" in json.dumps(statements(made, "ReleaseSourceActionRole"))


def test_a_source_is_a_bucket_or_a_repository(service: Service) -> None:
    (problem,) = problems(service(UPLOADS.replace("{s3:", "{codecommit: shop, s3:").replace("[live]", "[dev]")))
    assert problem.wrong == "`codecommit`, `s3` exclude each other"
