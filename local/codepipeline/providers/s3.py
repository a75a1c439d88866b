"""Source / S3: the newest version of an object (or the one that was asked for) in the artifact bucket, as it is."""

from datetime import UTC, datetime

from local.codepipeline.providers import output
from local.codepipeline.runner import Done, Outcome, Refused, Work
from local.codepipeline.state import Revision

SUMMARY = "codepipeline-artifact-revision-summary"  # the object's metadata in which an uploader says what it is


def fetch(work: Work) -> Outcome:
    wanted = work.run.resolved
    bucket, key = wanted["S3Bucket"], wanted["S3ObjectKey"]
    override = work.run.override
    session = work.session()
    s3 = session.client("s3")
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        return Refused("ConfigurationError", f"the bucket {bucket} has no versioning, which a source of S3 has to have")
    version = {"VersionId": override.value} if override and override.kind == "S3_OBJECT_VERSION_ID" else {}
    found = s3.get_object(Bucket=bucket, Key=key, **version)
    output.put(work, session, found["Body"].read())
    version_id = str(found["VersionId"])
    variables = {"BucketName": bucket, "ObjectKey": key, "VersionId": version_id, "ETag": found["ETag"].strip('"')}
    summary = str(found["Metadata"].get(SUMMARY, f"Amazon S3 version id: {version_id}"))
    return Done(variables, Revision(version_id, summary, datetime.now(UTC).timestamp()))
