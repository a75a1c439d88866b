"""What Secrets Manager and the Parameter Store tell EventBridge, which moto does not: that there is a new value.

Secrets Manager says so when AWSCURRENT is on another version, whichever request put it there; the Parameter Store with
each parameter that is put.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend
from moto.ssm.models import SimpleSystemManagerBackend

from local.context import Events
from local.settings import Home

CURRENT = "AWSCURRENT"
MOVES = ("_add_secret", "update_secret_version_stage", "rotate_secret")
Method = Callable[..., Any]
_of_secrets = {name: getattr(SecretsManagerBackend, name) for name in MOVES}
_put = SimpleSystemManagerBackend.put_parameter


def announce(events: Events, home: Home) -> None:
    """Of the machine's own account and region: a bus hears of no other."""

    def here(backend: Any) -> bool:
        return (backend.account_id, backend.region_name) == (home.account, home.region)

    for name, method in _of_secrets.items():
        setattr(SecretsManagerBackend, name, _moving(method, events, here))
    setattr(SimpleSystemManagerBackend, "put_parameter", _putting(events, home, here))  # noqa: B010  moto has no other way in


def _moving(method: Method, events: Events, here: Callable[[Any], bool]) -> Method:
    @functools.wraps(method)
    def moved(backend: SecretsManagerBackend, secret_id: str, *given: Any, **named: Any) -> Any:
        before = _current(backend, secret_id)
        answer = method(backend, secret_id, *given, **named)
        for version in _current(backend, secret_id) - before if here(backend) else ():
            secret = backend.secrets[secret_id]
            detail = {"name": secret.name, "labelUpdated": CURRENT, "versionId": version}
            events.publish("aws.secretsmanager", "Secret Label Updated", [secret.arn], detail)
        return answer

    return moved


def _current(backend: SecretsManagerBackend, secret_id: str) -> set[str]:
    """The version that AWSCURRENT is on; moto may leave it on an older one, too."""
    if secret_id not in backend.secrets:
        return set()
    versions = getattr(backend.secrets[secret_id], "versions", {})
    return {id_ for id_, version in versions.items() if CURRENT in version["version_stages"]}


def _putting(events: Events, home: Home, here: Callable[[Any], bool]) -> Method:
    @functools.wraps(_put)
    def put(backend: SimpleSystemManagerBackend, name: str, *given: Any, **named: Any) -> Any:
        parameter = _put(backend, name, *given, **named)
        if here(backend):
            _tell(events, home, parameter)
        return parameter

    return put


def _tell(events: Events, home: Home, parameter: Any) -> None:
    operation = "Create" if parameter.version == 1 else "Update"
    detail = {"name": parameter.name, "type": parameter.parameter_type, "operation": operation}
    arn = f"arn:aws:ssm:{home.region}:{home.account}:parameter/{parameter.name.lstrip('/')}"
    events.publish("aws.ssm", "Parameter Store Change", [arn], detail)
