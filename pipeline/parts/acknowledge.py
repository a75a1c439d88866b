"""Findings of cdk-nag that are meant, each with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """`reasons` by the finding's id, such as `AwsSolutions-IAM5[Resource::*]`; they hold below the construct, too."""
    for finding, reason in reasons.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))
