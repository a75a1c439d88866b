"""The secrets of a target, read where they are kept, as Kubernetes Secrets.

A reference is `ssm:NAME` for a parameter, or a Secrets Manager secret's name or ARN, with `:KEY` for one key of its
JSON.
"""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from deployer.aws import failed
from deployer.errors import Fatal, Unavailable
from deployer.objects import Object
from deployer.values import dataclass

PARAMETER = "ssm:"
ARN_PARTS = 7  # of arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME
WHOLE = "value"  # the key of what has no keys of its own
VERSION = "shipline.dev/version"  # annotation of a Secret whose source is followed: which version of it this is


@dataclass(frozen=True)
class Vault:
    """`client` gives boto3's client of a service; `references` are by the Secrets' names in the namespace. Those that
    are `followed` say their version."""

    client: Callable[[str], Any]
    references: Mapping[str, str]
    followed: Collection[str] = ()

    def secrets(self) -> list[Object]:
        """One Secret each. Fatal for one that is not there, or that this function may not read."""
        return [self._secret(name, each) for name, each in sorted(self.references.items())]

    def _secret(self, name: str, reference: str) -> Object:
        values, version = self._values(name, reference)
        secret = _secret(name, values)
        return with_note(secret, version) if name in self.followed else secret

    def _values(self, name: str, reference: str) -> tuple[dict[str, bytes], str]:
        """What it holds, and which version of its source that is."""
        if reference.startswith(PARAMETER):
            return self._parameter(name, reference.removeprefix(PARAMETER))
        kept, key = split(reference)
        found = self._ask("secretsmanager", "get_secret_value", name, SecretId=kept)
        version = str(found["VersionId"])
        if "SecretString" not in found:
            if key:
                raise _keyless(name, kept, key)
            return {WHOLE: found["SecretBinary"]}, version
        values = _keys(found["SecretString"])
        if key and key not in values:
            raise _keyless(name, kept, key)
        return ({key: values[key]} if key else values), version

    def _parameter(self, name: str, parameter: str) -> tuple[dict[str, bytes], str]:
        found = self._ask("ssm", "get_parameter", name, Name=parameter, WithDecryption=True)
        return {WHOLE: str(found["Parameter"]["Value"]).encode()}, str(found["Parameter"]["Version"])

    def _ask(self, service: str, operation: str, name: str, **options: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self.client(service), operation)(**options)
        except ClientError as error:
            raise failed(error, f"secret {name}") from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=f"secret {name}") from error
        return answer


def split(reference: str) -> tuple[str, str]:
    """A secret's name or ARN, and the key that is meant of its JSON, if any."""
    parts = reference.split(":")
    size = ARN_PARTS if parts[0] == "arn" else 1
    return ":".join(parts[:size]), ":".join(parts[size:])


def with_note(secret: Object, version: str) -> Object:
    return {**secret, "metadata": {**secret["metadata"], "annotations": {VERSION: version}}}


def _secret(name: str, values: Mapping[str, bytes]) -> Object:
    encoded = {key: base64.b64encode(value).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque", "data": encoded}


def _keys(text: str) -> dict[str, bytes]:
    """The keys of a JSON object, or else the whole."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {WHOLE: text.encode()}
    return {str(key): (value if isinstance(value, str) else json.dumps(value)).encode() for key, value in found.items()}


def _keyless(name: str, kept: str, key: str) -> Fatal:
    return Fatal(
        f"{kept} has no key {key}.",
        subject=f"secret {name}",
        remedy="Correct the reference in pipeline.yaml, or add the key to the secret's JSON.",
        kind="ConfigurationError",
    )
