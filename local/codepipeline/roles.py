"""Whose hands an action works with: the pipeline's role, and through it the action's own."""

import json
from collections.abc import Iterable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.codepipeline.jobs import ArtifactCredentials
from local.codepipeline.model import Pipeline
from local.codepipeline.state import ActionRun, Location
from local.context import AccessDenied, Credentials, Identity

SERVICE = "codepipeline.amazonaws.com"


class Roles:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def credentials(self, pipeline: Pipeline, run: ActionRun, policy: dict[str, Any] | None = None) -> Credentials:
        """The action's role, assumed by the pipeline's; the pipeline's own when the action names none."""
        own = self._identity.assume_as_service(pipeline.role_arn, SERVICE, run.execution)
        if not run.role_arn or run.role_arn == pipeline.role_arn:
            return own
        return self._assume(self._identity.session(own), run, policy)

    def session(self, pipeline: Pipeline, run: ActionRun) -> boto3.Session:
        return self.open(self.credentials(pipeline, run))

    def open(self, credentials: Credentials) -> boto3.Session:
        return self._identity.session(credentials)

    def artifact_credentials(self, pipeline: Pipeline, run: ActionRun) -> ArtifactCredentials:
        """What a function gets to fetch and store artifacts: the action's role, narrowed to this job's objects."""
        found = self.credentials(pipeline, run, _artifact_policy(run.inputs.values(), run.outputs.values()))
        return ArtifactCredentials(found.access_key, found.secret_key, found.session_token)

    def check(self, credentials: Credentials, action: str, resource: str) -> None:
        """For permissions that belong to no API operation; AccessDenied in AWS's words."""
        principal = self._identity.principal(credentials.access_key, credentials.session_token)
        if principal is None:
            raise AccessDenied("The security token included in the request is invalid.")
        self._identity.check(principal, action, resource)

    def _assume(self, session: boto3.Session, run: ActionRun, policy: dict[str, Any] | None) -> Credentials:
        extra = {"Policy": json.dumps(policy)} if policy else {}
        try:
            found = session.client("sts").assume_role(RoleArn=run.role_arn, RoleSessionName=run.execution, **extra)
        except ClientError as error:
            raise AccessDenied(
                f"The pipeline's role cannot assume the role of the action {run.action}: "
                f"{error.response['Error'].get('Message', error)}"
            ) from None
        given = found["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _artifact_policy(inputs: Iterable[Location], outputs: Iterable[Location]) -> dict[str, Any]:
    statements = []
    if readable := [where.arn for where in inputs]:
        statements.append({"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": readable})
    if writable := [where.arn for where in outputs]:
        statements.append({"Effect": "Allow", "Action": "s3:PutObject", "Resource": writable})
    # Encrypted buckets need their key, whose own policy says who may use it for what.
    statements.append({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": ["*"]})
    return {"Version": "2012-10-17", "Statement": statements}
