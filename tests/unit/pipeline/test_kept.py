"""Secrets of the namespaces: generated, or read from where the team keeps them, each environment its own alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from pipeline.config.service import SecretReference
from pipeline.parts.secretchanges import _pattern
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


FOLLOWED = """\
secrets:
  db: {reference: "shop/{environment}/db:password", restart: true}
  api: {reference: "arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/api-AbCdEf", restart: true}
  pin: {reference: "ssm:/shop/{environment}/pin", restart: true}
  still: "ssm:/shop/still"
"""


def test_the_deployer_hears_of_new_values_of_those_that_restart(synthesize_again: Any, service: Write) -> None:
    made = synthesize_again(service(GOOD + FOLLOWED), nag=True)
    (name,) = (name for name in made.of_type("AWS::Events::Rule") if "SecretChanges" in name)
    rule = made.of_type("AWS::Events::Rule")[name]
    assert rule["EventPattern"] == {
        "$or": [
            {
                "source": ["aws.ssm"],
                "detail-type": ["Parameter Store Change"],
                "detail": {"name": ["/shop/dev/pin"], "operation": ["Create", "Update"]},
            },
            {
                "source": ["aws.secretsmanager"],
                "detail-type": ["Secret Label Updated"],
                "detail": {"name": ["acme/api", "shop/dev/db"], "labelUpdated": ["AWSCURRENT"]},
            },
        ]
    }
    functions = {each["FunctionName"]: key for key, each in made.of_type("AWS::Lambda::Function").items()}
    deployer = functions["shop-deploy-dev"]
    assert rule["Targets"] == [{"Id": "Deployer", "Arn": {"Fn::GetAtt": [deployer, "Arn"]}}]
    may = [
        each for each in made.of_type("AWS::Lambda::Permission").values() if each["FunctionName"] == {"Ref": deployer}
    ]
    assert [(each["Principal"], each["SourceArn"]) for each in may] == [
        ("events.amazonaws.com", {"Fn::GetAtt": [name, "Arn"]})
    ]
    told = json.dumps(made.of_type("AWS::Lambda::Function")[deployer]["Environment"])
    assert '\\"restart\\":[\\"db\\",\\"api\\",\\"pin\\"]' in told


def test_one_kind_needs_no_alternatives_and_what_is_not_followed_tells_nobody() -> None:
    pin = SecretReference("pin", "ssm:pin", None, restart=True)
    assert _pattern([pin])["detail"] == {"name": ["pin"], "operation": ["Create", "Update"]}


def test_a_generated_one_does_not_restart_anything(service: Write) -> None:
    said = told(service(GOOD + "secrets: {db: {reference: generated, restart: true}}\n"))
    assert "secrets.db.restart: a generated value is made once and stays" in said


def test_a_followed_one_is_explained(service: Write) -> None:
    assert "secret pin: read with each release from ssm:/shop/dev/pin; a new value restarts what uses it" in explain(
        load(service(GOOD + FOLLOWED))
    )
