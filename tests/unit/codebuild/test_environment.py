from typing import Any

import pytest

from local.codebuild.buildspec import Environment
from local.codebuild.environment import merged, resolve
from local.codebuild.faults import PhaseFailure

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"


class Secrets:
    """Answers with the request itself."""

    def get_secret_value(self, **request: str) -> dict[str, str]:
        return {"SecretString": str(request) if "plain" in request["SecretId"] else '{"user": "me", "port": 5432}'}


def read(reference: str) -> str:
    clients: Any = lambda _: Secrets()  # noqa: E731
    return resolve(Environment(secrets_manager={"S": reference}), [], clients).values["S"]


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("plain", "{'SecretId': 'plain'}"),
        ("shop/db:user", "me"),
        ("shop/db:port", "5432"),
        (f"{ARN}:user", "me"),
        ("plain::AWSPREVIOUS", "{'SecretId': 'plain', 'VersionStage': 'AWSPREVIOUS'}"),
        ("plain:::v1", "{'SecretId': 'plain', 'VersionId': 'v1'}"),
        (f"{ARN}-plain", f"{{'SecretId': '{ARN}-plain'}}"),
    ],
)
def test_a_secrets_reference_has_four_fields(reference: str, value: str) -> None:
    assert read(reference) == value


def test_a_json_key_that_is_not_there_is_named() -> None:
    with pytest.raises(PhaseFailure, match="the secret shop/db has no JSON key password"):
        read("shop/db:password")


def test_a_plain_override_takes_the_place_of_a_declared_secret() -> None:
    def never(service: str) -> Any:
        raise AssertionError(service)

    declared = Environment(secrets_manager={"S": "shop/db"}, variables={"V": "declared"})
    found = resolve(declared, [{"name": "S", "value": "given"}], never)
    assert (found.values, found.secrets) == ({"V": "declared", "S": "given"}, frozenset())


def test_an_override_replaces_the_variable_of_its_name() -> None:
    project = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert merged(project, [{"name": "A", "value": "3"}]) == [{"name": "A", "value": "3"}, {"name": "B", "value": "2"}]
