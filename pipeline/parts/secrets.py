"""Secrets with a generated value, one of each name in each environment."""

from collections.abc import Iterable, Mapping

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pipeline.parts.acknowledge import acknowledge

UNROTATED = (
    "Pods read the value when they start, so it is changed by hand and followed by a release; "
    "a rotation by the clock would leave running pods with the old one."
)


Secrets = Mapping[str, secretsmanager.Secret]


def generated_secrets(scope: Construct, service: str, environment: str, names: Iterable[str]) -> Secrets:
    """By name. The value is 32 letters and digits, so that it fits into a URL or a shell without quoting."""
    secrets = {
        name: secretsmanager.Secret(
            scope,
            f"Secret-{name}",
            secret_name=f"{service}/{environment}/{name}",
            description=f"{name} of {service} in {environment}",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True, password_length=32),
        )
        for name in names
    }
    for secret in secrets.values():
        acknowledge(secret, {"AwsSolutions-SMG4": UNROTATED})
    return secrets
