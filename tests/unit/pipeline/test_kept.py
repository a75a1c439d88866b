"""Secrets of the namespaces: generated, or read from where the team keeps them, each environment its own alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from pipeline.config.service import SecretReference
from tests.unit.pipeline.test_config_retired import GOOD, told

Write = Callable[[str], Path]
KEY = "arn:aws:kms:us-east-1:123456789012:key/0123"
SECRETS = f"""\
secrets:
  session: generated
  db: "shop/{{environment}}/db:password"
  pin: {{reference: "ssm:/shop/{{environment}}/pin", key: "{KEY}"}}
"""
TWO = GOOD.replace("[dev]", "[dev, prod]")


def test_each_environment_has_its_own(service: Write) -> None:
    found = load(service(TWO + SECRETS))
    assert found.secrets == ("session",)
    assert found.environments[1].secrets == (
        SecretReference("db", "shop/prod/db:password", None),
        SecretReference("pin", "ssm:/shop/prod/pin", KEY),
    )
    assert "secret db: read with each release from shop/dev/db:password, shop/prod/db:password" in explain(found)


def test_a_deployer_may_read_its_environments_secrets_and_no_others(synthesize_again: Any, service: Write) -> None:
    made = synthesize_again(service(TWO + SECRETS), nag=True)
    functions = {each["FunctionName"]: each for each in made.of_type("AWS::Lambda::Function").values()}
    deployer = functions["shop-deploy-dev"]
    told = json.loads("".join(map(str, deployer["Environment"]["Variables"]["SHIPLINE_TARGET"]["Fn::Join"][1])))
    assert {name: told["secrets"][name] for name in ("db", "pin")} == {
        "db": "shop/dev/db:password", "pin": "ssm:/shop/dev/pin",
    }  # fmt: skip
    statements = made.statements_of(deployer["Role"]["Fn::GetAtt"][0])
    rights = {s["Action"]: s for s in statements if isinstance(s["Action"], str)}
    named = json.dumps([s["Resource"] for s in statements if s["Action"] == "secretsmanager:GetSecretValue"])
    assert ":secret:shop/dev/db-??????" in named
    assert "prod" not in named
    assert ":parameter/shop/dev/pin" in json.dumps(rights["ssm:GetParameter"]["Resource"])
    assert rights["kms:Decrypt"]["Resource"] == KEY
    through = json.dumps(rights["kms:Decrypt"]["Condition"])
    assert "kms:ViaService" in through
    assert "ssm.us-east-1." in through
    assert len(made.of_type("AWS::SecretsManager::Secret")) == 2  # the generated one, of each environment


@pytest.mark.parametrize("reference", ["shop db", "ssm:", "arn:aws:secretsmanager:x", "shop/{image}/db", "a:b:c"])
def test_what_is_no_reference_is_refused(service: Write, reference: str) -> None:
    said = told(service(GOOD + f'secrets: {{db: "{reference}"}}\n'))
    assert "secrets.db" in said
    assert "write `generated`, a Secrets Manager secret's name or whole ARN" in said


def test_a_generated_one_has_no_key(service: Write) -> None:
    said = told(service(GOOD + f'secrets: {{db: {{reference: generated, key: "{KEY}"}}}}\n'))
    assert "secrets.db.key: a generated secret is encrypted with AWS's own key; leave it out" in said
