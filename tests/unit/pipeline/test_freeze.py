"""Times without releases: as a user writes them, as the deployer is told of them, and the right that they need."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.target import read_target
from pipeline.config import explain, load
from pipeline.config.freeze import Freeze, instants
from pipeline.config.target import shape
from tests.unit.pipeline.test_config_retired import told

Write = Callable[[str], Path]
TEXT = """\
name: shop
source: codecommit
environments:
  - dev
  - name: prod
    freeze: [{from: 2026-12-19, until: 2026-12-27 18:00, zone: Europe/Berlin, reason: holidays}]
"""


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "found"),
    [
        ("2026-12-24", "2026-12-24", "UTC", ("2026-12-24T00:00", "2026-12-25T00:00")),
        ("2026-12-24", "2026-12-26", "Europe/Berlin", ("2026-12-23T23:00", "2026-12-26T23:00")),
        ("2026-12-24 18:30", "2026-12-25 09:00", "America/New_York", ("2026-12-24T23:30", "2026-12-25T14:00")),
        ("2026-10-24", "2026-10-25", "Europe/Berlin", ("2026-10-23T22:00", "2026-10-25T23:00")),  # summer time ends
    ],
)
def test_a_last_day_is_in_it_and_the_zone_counts(begins: str, ends: str, zone: str, found: tuple[str, str]) -> None:
    made = instants(Freeze.model_validate({"from": begins, "until": ends, "zone": zone, "reason": "r"}))
    assert (made.begins, made.ends) == tuple(dt.datetime.fromisoformat(f"{each}+00:00") for each in found)


def test_the_deployer_reads_what_the_definition_says(service: Write) -> None:
    found = load(service(TEXT))
    dev, prod = found.environments
    said = json.dumps(shape(found, prod, "us-east-1", "ledger", {}, {}))
    (freeze,) = read_target(said).freeze
    assert str(freeze) == "frozen until 2026-12-27 17:00 UTC: holidays"
    assert "freeze" not in shape(found, dev, "us-east-1", "ledger", {}, {})
    assert "  takes nothing new: 2026-12-18 23:00 to 2026-12-27 17:00 UTC, holidays" in explain(found)


def test_only_a_frozen_environments_deployer_asks_what_ran_before(synthesize_again: Any, service: Write) -> None:
    made = synthesize_again(service(TEXT), nag=True)
    functions = {each["FunctionName"]: each for each in made.of_type("AWS::Lambda::Function").values()}
    asked = {
        name: any("dynamodb:Query" in s["Action"] for s in made.statements_of(each["Role"]["Fn::GetAtt"][0]))
        for name, each in functions.items()
        if name.startswith("shop-deploy-")
    }
    assert asked == {"shop-deploy-dev": False, "shop-deploy-prod": True}


@pytest.mark.parametrize(
    ("freeze", "said"),
    [
        ("{from: tomorrow, until: 2026-12-24, reason: r}", "freeze[0].from: `tomorrow` does not fit; write a day"),
        ("{from: 2026-02-30 10:00, until: 2026-12-24, reason: r}", "write a day, as in 2026-12-24, or a time of it"),
        ("{from: 2026-12-24, until: 2026-12-23, reason: r}", "until: it ends before it begins, at 2026-12-24"),
        ("{from: 2026-12-24, until: 2026-12-24, reason: r, zone: Berlin}", "did you mean Europe/Berlin?"),
        ("{from: 2026-12-24, until: 2026-12-24}", "reason: this key is missing"),
    ],
)  # fmt: skip
def test_a_wrong_time_is_refused(service: Write, freeze: str, said: str) -> None:
    text = "name: shop\nsource: codecommit\nenvironments:\n  - name: prod\n    freeze: [" + freeze + "]\n"
    assert said in told(service(text))
