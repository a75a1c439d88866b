"""What tells a deployer that a secret which it follows has a new value: events of AWS's own, which need no trail."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline.config.kinds import PARAMETER, is_parameter
from pipeline.config.service import SecretReference, Target
from pipeline.parts.readsecrets import ARN_PARTS

SUFFIX = 7  # characters of an ARN behind a secret's name: a hyphen and six letters


def follow_secrets(scope: Construct, service: str, target: Target, function: lambda_.IFunction) -> None:
    """Nothing where none is followed."""
    followed = [secret for secret in target.secrets if secret.restart]
    if not followed:
        return
    rule = events.CfnRule(
        scope,
        "SecretChanges",
        name=f"{service}-secret-{target.key}",
        description=f"Tells the deployer of {service} in {target.label} of new values of its secrets",
        event_pattern=_pattern(followed),
        targets=[events.CfnRule.TargetProperty(id="Deployer", arn=function.function_arn)],
    )
    lambda_.CfnPermission(
        scope,
        "SecretChangesMayCall",
        action="lambda:InvokeFunction",
        function_name=function.function_name,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )


def _pattern(followed: Sequence[SecretReference]) -> dict[str, Any]:
    parameters = sorted({_parameter(each) for each in followed if is_parameter(each.reference)})
    secrets = sorted({_secret(each) for each in followed if not is_parameter(each.reference)})
    wanted: list[dict[str, Any]] = []
    if parameters:
        detail = {"name": parameters, "operation": ["Create", "Update"]}
        wanted.append({"source": ["aws.ssm"], "detail-type": ["Parameter Store Change"], "detail": detail})
    if secrets:
        detail = {"name": secrets, "labelUpdated": ["AWSCURRENT"]}
        wanted.append({"source": ["aws.secretsmanager"], "detail-type": ["Secret Label Updated"], "detail": detail})
    return wanted[0] if len(wanted) == 1 else {"$or": wanted}


def _parameter(secret: SecretReference) -> str:
    return secret.reference[len(PARAMETER) :]


def _secret(secret: SecretReference) -> str:
    parts = secret.reference.split(":")
    return parts[ARN_PARTS - 1][:-SUFFIX] if len(parts) >= ARN_PARTS else parts[0]
