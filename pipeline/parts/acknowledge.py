"""Findings of cdk-nag that are meant, each with its reason."""

from aws_cdk import Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """`reasons` by the finding's id, such as `AwsSolutions-IAM5[Resource::*]`."""
    for finding, reason in reasons.items():
        Validations.of(construct).acknowledge(id=finding, reason=reason)
