"""A source action's output artifact: its zip in the pipeline's bucket, encrypted as the pipeline says."""

import io
import zipfile
from collections.abc import Mapping
from typing import IO

import boto3

from local.codepipeline.runner import Work


def put(work: Work, session: boto3.Session, body: bytes | IO[bytes]) -> None:
    """`session` is the action's."""
    (where,) = work.run.outputs.values()
    key = work.pipeline.store(work.run.region or work.home.region).kms_key
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
    session.client("s3").put_object(
        Bucket=where.bucket, Key=where.key, Body=body, ContentType="application/zip", **encryption
    )


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()
