"""A desk and the pipeline beside each other, on the whole machine: one history, one hold, one lock."""

import json

import pytest

from tests.machine.conftest import Release
from tests.machine.delivery import Delivery

pytestmark = pytest.mark.timeout(420)
PROD = "manifests/overlays/prod/kustomization.yaml"
# One more of its generated ConfigMaps, which no pod waits for.
NOTE = "  - {name: desk, literals: [colour=COLOUR], options: {disableNameSuffixHash: true}}\n"


def desk(shop: Delivery, *words: str, check: bool = True) -> str:
    done = shop.machine.run("shipline", *words, cwd=shop.clone, check=check)
    return done.stdout + done.stderr


def colour(shop: Delivery) -> str:
    found = ("get", "configmap", "desk", "-n", "shop-prod", "--ignore-not-found", "-o", "jsonpath={.data.colour}")
    return shop.kubectl(*found)


def test_a_rollback_from_a_desk_holds_prod_until_it_is_lifted(shop: Delivery, first: Release):
    overlay = (shop.clone / PROD).read_text()
    (shop.clone / PROD).write_text(overlay + NOTE.replace("COLOUR", "red"))
    assert "+ ConfigMap desk" in desk(shop, "diff", "--env", "prod")
    assert "1 created" in desk(shop, "deploy", "--env", "prod")
    assert colour(shop) == "red"
    assert "prod is held" in desk(shop, "rollback", "--env", "prod", "--reason", "red hurts")
    assert colour(shop) == ""

    pushed = {PROD: overlay + NOTE.replace("COLOUR", "green")}
    _, execution, status = shop.release("Another colour", pushed)
    assert status == "Failed", shop.describe()
    shown = shop.action(execution, "prod-approval", "Approve")["input"]["resolvedConfiguration"]["CustomData"]
    assert "red hurts. First: shipline lift." in shown
    assert "red hurts" in shop.error(execution, "prod")
    assert "Nothing was changed" in shop.error(execution, "prod")
    assert colour(shop) == ""
    (told,) = json.loads(desk(shop, "history", "--env", "prod", "--output", "json"))
    assert told["held"]["reason"] == "red hurts"
    assert told["releases"][0]["status"] == "Held"

    assert "Releases go on" in desk(shop, "lift", "--env", "prod")
    before = {each["pipelineExecutionId"] for each in shop.executions()}
    assert "released anew" in desk(shop, "retry", "shop")
    (anew,) = {each["pipelineExecutionId"] for each in shop.executions()} - before
    assert shop.finish(anew) == "Succeeded", shop.describe()
    assert colour(shop) == "green"
