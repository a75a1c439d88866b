"""Dynamic references: `{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:secretsmanager:…}}` in properties."""

import json
import re
from collections.abc import Callable
from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.resource import ResourceFailed

DYNAMIC = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}")


def resolved(value: Any, aws: Aws) -> Any:
    """The same value with every dynamic reference replaced by what it names."""
    if isinstance(value, str):
        return DYNAMIC.sub(lambda found: READERS[found.group(1)](found.group(2), aws), value)
    if isinstance(value, list):
        return [resolved(item, aws) for item in value]
    if isinstance(value, dict):
        return {key: resolved(item, aws) for key, item in value.items()}
    return value


def _parameter(reference: str, aws: Aws) -> str:
    name = reference
    if re.search(r":\d+$", reference) is None:
        name = reference.rstrip(":")
    answer = aws.client("ssm").get_parameter(Name=name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _secret(reference: str, aws: Aws) -> str:
    """secret-id:SecretString:json-key:version-stage:version-id, where the id may be an ARN with colons of its own."""
    arn = re.match(r"arn:(?:[^:]*:){5}[^:]+", reference)
    secret_id = arn.group(0) if arn else reference.partition(":")[0]
    parts = [*reference[len(secret_id) + 1 :].split(":"), "", "", "", ""][:4]
    wanted = {"VersionStage": parts[2], "VersionId": parts[3]}
    answer = aws.client("secretsmanager").get_secret_value(
        SecretId=secret_id, **{key: value for key, value in wanted.items() if value}
    )
    text = str(answer["SecretString"])
    if not parts[1]:
        return text
    try:
        return str(json.loads(text)[parts[1]])
    except (ValueError, KeyError):
        raise ResourceFailed(f"Could not find a value associated with JSONKey in SecretString of {secret_id}") from None


READERS: dict[str, Callable[[str, Aws], str]] = {"ssm": _parameter, "ssm-secure": _parameter, "secretsmanager": _secret}
