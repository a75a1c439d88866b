"""What a role needs to read secrets that the team keeps: each by its name, and the keys that are named."""

from collections.abc import Iterator, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from pipeline.config.kinds import PARAMETER, is_parameter
from pipeline.config.service import SecretReference
from pipeline.parts.policies import allow

ARN_PARTS = 7  # of arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME
SUFFIX = "-??????"  # Secrets Manager adds six letters to a name, which nobody knows beforehand


def read_secrets(secrets: Sequence[SecretReference]) -> Iterator[iam.PolicyStatement]:
    """Nothing when there are none."""
    parameters = {_parameter(secret) for secret in secrets if is_parameter(secret.reference)}
    kept = {_secret(secret) for secret in secrets if not is_parameter(secret.reference)}
    if kept:
        yield allow(["secretsmanager:GetSecretValue"], *sorted(kept))
    if parameters:
        yield allow(["ssm:GetParameter"], *sorted(parameters))
    for service in ("secretsmanager", "ssm"):
        keys = {secret.key for secret in secrets if secret.key and _kept_by(secret) == service}
        if keys:
            yield _decrypt(service, sorted(keys))


def _kept_by(secret: SecretReference) -> str:
    return "ssm" if is_parameter(secret.reference) else "secretsmanager"


def _parameter(secret: SecretReference) -> str:
    name = secret.reference[len(PARAMETER) :].lstrip("/")
    return f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}:{Aws.ACCOUNT_ID}:parameter/{name}"


def _secret(secret: SecretReference) -> str:
    parts = secret.reference.split(":")
    if len(parts) >= ARN_PARTS:
        return ":".join(parts[:ARN_PARTS])
    return f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:{parts[0]}{SUFFIX}"


def _decrypt(service: str, keys: Sequence[str]) -> iam.PolicyStatement:
    """Through the service alone: the key opens nothing else for the role."""
    regions = sorted({key.split(":")[3] for key in keys})
    through = [f"{service}.{region}.{Aws.URL_SUFFIX}" for region in regions]
    statement = allow(["kms:Decrypt"], *keys)
    statement.add_condition("StringEquals", {"kms:ViaService": through})
    return statement
