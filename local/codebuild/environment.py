"""The variables of a build: who sets what, who wins, and the values that are read with the build's own role.

StartBuild's override, then the project, then the buildspec (in that order of strength); CodeBuild's own variables
and the credentials last, since nobody may replace them. Values are literal: nothing in them is expanded.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from local.codebuild.buildspec import Environment
from local.codebuild.faults import PhaseFailure
from local.context import Credentials

Document = dict[str, Any]


class Clients(Protocol):
    """boto3 clients with the build's role, made on first use."""

    def __call__(self, service: str) -> Any: ...


Reader = Callable[[Clients, str], str]


@dataclass(frozen=True)
class Variables:
    """`secrets` names those whose values may be neither logged nor exported."""

    values: Mapping[str, str]
    secrets: frozenset[str]


def merged(project: Iterable[Document], override: Iterable[Document]) -> list[Document]:
    """The build's own list of variables: an override replaces the project's of the same name."""
    found = {variable["name"]: variable for variable in project}
    found.update({variable["name"]: variable for variable in override})
    return list(found.values())


def resolve(declared: Environment, given: Iterable[Document], clients: Clients) -> Variables:
    """Every value in hand, or PhaseFailure naming the variable that cannot be read."""
    readers: dict[str, Reader | None] = {"PLAINTEXT": None, "PARAMETER_STORE": _parameter, "SECRETS_MANAGER": _secret}
    values = dict(declared.variables)
    wanted: dict[str, tuple[Reader, str]] = {
        name: (_parameter, reference) for name, reference in declared.parameter_store.items()
    }
    wanted |= {name: (_secret, reference) for name, reference in declared.secrets_manager.items()}
    for variable in given:
        name, value = variable["name"], variable["value"]
        reader = readers[variable.get("type", "PLAINTEXT")]
        values.pop(name, None)
        wanted.pop(name, None)
        if reader:
            wanted[name] = (reader, value)
        else:
            values[name] = value
    read = {name: reader(clients, reference) for name, (reader, reference) in wanted.items()}
    return Variables(values | read, frozenset(read))


def _parameter(clients: Clients, name: str) -> str:
    try:
        return str(clients("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except ClientError as error:
        raise PhaseFailure("PARAMETER_ERROR", f"failed to get parameter {name}: {_told(error)}") from None


def _secret(clients: Clients, reference: str) -> str:
    secret, key, stage, version = _secret_reference(reference)
    request = {"SecretId": secret}
    request |= {"VersionStage": stage} if stage else {}
    request |= {"VersionId": version} if version else {}
    try:
        value = str(clients("secretsmanager").get_secret_value(**request)["SecretString"])
    except ClientError as error:
        raise PhaseFailure("SECRETS_MANAGER_ERROR", f"failed to get secret {secret}: {_told(error)}") from None
    return _member(value, key, secret) if key else value


def _secret_reference(reference: str) -> tuple[str, str, str, str]:
    """`id:json-key:stage:version-id`; an id that is an ARN holds six colons of its own."""
    parts = reference.split(":")
    length = 7 if reference.startswith("arn:") else 1
    key, stage, version, *_ = [*parts[length:], "", "", ""]
    return ":".join(parts[:length]), key, stage, version


def _member(value: str, key: str, secret: str) -> str:
    try:
        found = json.loads(value)[key]
    except (ValueError, KeyError, TypeError):
        raise PhaseFailure("SECRETS_MANAGER_ERROR", f"the secret {secret} has no JSON key {key}") from None
    return found if isinstance(found, str) else json.dumps(found)


def _told(error: ClientError) -> str:
    return f"{error.response['Error'].get('Code')}: {error.response['Error'].get('Message')}"


def of_credentials(credentials: Credentials, endpoint_url: str, region: str) -> dict[str, str]:
    """How the AWS CLI and the SDKs of a build find this machine, as the build's role."""
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def of_codebuild(build: Document, directory: str) -> dict[str, str]:
    """The variables that CodeBuild itself sets."""
    return {
        "CI": "true",
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ARN": build["arn"],
        "CODEBUILD_BUILD_ID": build["id"],
        "CODEBUILD_BUILD_IMAGE": build["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_CONTAINER_NAME": "default",
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_KMS_KEY_ID": build.get("encryptionKey", ""),
        "CODEBUILD_LAST_EXIT": "0",
        "CODEBUILD_LOG_PATH": build["logs"].get("streamName", ""),
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.get("resolvedSourceVersion", ""),
        "CODEBUILD_SOURCE_REPO_URL": build["source"].get("location", ""),
        "CODEBUILD_SOURCE_VERSION": build.get("sourceVersion", ""),
        "CODEBUILD_SRC_DIR": directory,
        "CODEBUILD_START_TIME": str(int(build["startTime"] * 1000)),
    }
