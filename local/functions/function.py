"""A function as it is run: what moto's Lambda store says of it, read anew for each invocation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.utils import get_backend

from local.functions.errors import NoSuchFunction

Place = tuple[str, str]  # account, region


@dataclass(frozen=True)
class Package:
    """A zip by the hash of its bytes."""

    digest: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Function:
    name: str
    arn: str  # as invoked
    version: str
    runtime: str
    handler: str
    role: str
    timeout: int  # seconds
    memory: int  # megabytes
    storage: int  # megabytes of /tmp
    environment: Mapping[str, str]
    code: Package
    layers: tuple[Package, ...]  # in the order in which they are laid over each other
    log_group: str
    retries: int  # of a failed asynchronous invocation

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]


def place_of(name: str) -> Place | None:
    """The account and region that an ARN names; None for another way to name a function."""
    parts = name.split(":")
    return (parts[4], parts[3]) if name.startswith("arn:") and len(parts) > 6 else None


def read_function(account: str, region: str, name: str, qualifier: str | None = None) -> Function:
    """NoSuchFunction when there is none. `name` may be a name, NAME:QUALIFIER, or an ARN."""
    backend = get_backend(account, region)
    try:
        found = backend.get_function(name, qualifier)
    except UnknownFunctionException as error:
        raise NoSuchFunction(str(error.message)) from None
    return Function(
        found.function_name,
        found.function_arn,
        "$LATEST" if not qualifier or qualifier == "$LATEST" else str(found.version),
        found.run_time or "",
        found.handler or "",
        found.role,
        int(found.timeout),
        int(found.memory_size),
        int(found.ephemeral_storage),
        dict(found.environment_vars or {}),
        Package(_digest(found), found.code_bytes),
        tuple(_layer(backend, layer["Arn"]) for layer in found.layers),
        found.logs_group_name,
        _retries(found),
    )


def _layer(backend: Any, arn: str) -> Package:
    layer = backend.layers_versions_by_arn(arn)
    return Package(_digest(layer), layer.code_bytes)


def _digest(holder: Any) -> str:
    """moto keeps the SHA-256 both as base64, which is Lambda's own, and as hex, which can name a folder."""
    return str(holder.code_digest).removeprefix("sha256:")


def _retries(found: Any) -> int:
    for config in found.event_invoke_config or ():
        if config.get("MaximumRetryAttempts") is not None:
            return int(config["MaximumRetryAttempts"])
    return 2
