"""What the template makes of an environment's `rollout`: the deployer's target, alarms that it reads, its routes."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import InvalidDefinition, load
from pipeline.config.explain import explain

TEXT = """
name: store
source: codecommit
deploy: [{manifests: manifests}]
environments:
  - name: dev
    rollout: {blue_green: {route: shop, service: web, soak: 2m}}
  - name: qa
  - name: prod
    alarms: [slow]
    soak: 30m
    rollout: {canary: {route: shop, service: web, steps: [5, 50], pause: 10m, alarms: [errors, slow]}}
"""


def written(folder: Path, text: str = TEXT) -> Path:
    for path, words in (
        ("pipeline.yaml", text),
        ("app/web/Dockerfile", "FROM scratch\n"),
        ("manifests/web.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("charts/shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(words)
    return folder


@pytest.fixture(scope="module")
def made(synthesize_again: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return synthesize_again(written(tmp_path_factory.mktemp("store")), account=None, nag=True)


def target(made: Any, environment: str) -> str:
    functions = made.of_type("AWS::Lambda::Function").values()
    (found,) = [each for each in functions if each["FunctionName"] == f"store-deploy-{environment}"]
    return json.dumps(found["Environment"]).replace("\\", "")


def test_the_deployer_is_told_the_steps_and_blue_and_green_is_one_of_all(made: Any) -> None:
    canary = '"rollout":{"route":"shop","service":"web","steps":[5,50],"pause":600,"alarms":["errors","slow"]}'
    green = '"rollout":{"route":"shop","service":"web","steps":[100],"pause":120,"alarms":[]}'
    assert canary in target(made, "prod")
    assert green in target(made, "dev")
    assert '"rollout"' not in target(made, "qa")


def test_its_deployer_reads_the_alarms_of_both_and_no_others(made: Any) -> None:
    policies = made.of_type("AWS::IAM::Policy").values()
    statements = [item for policy in policies for item in policy["PolicyDocument"]["Statement"]]
    (reading,) = [item for item in statements if item["Action"] == "cloudwatch:DescribeAlarms"]
    assert sorted(arn["Fn::Join"][1][-1] for arn in reading["Resource"]) == [":alarm:errors", ":alarm:slow"]


def test_its_deployer_may_change_the_routes_of_its_namespace(made: Any) -> None:
    (namespaces,) = made.of_type("Custom::Namespaces").values()
    told = [(each["Group"], each["Namespace"], each["ApiGroup"], each["Resource"]) for each in namespaces["Readers"]]
    routes = ("gateway.networking.k8s.io", "httproutes")
    assert told == [("shipline:store-dev", "store-dev", *routes), ("shipline:store-prod", "store-prod", *routes)]
    entries = made.of_type("AWS::EKS::AccessEntry").values()
    groups = [each["KubernetesGroups"] for each in entries if "KubernetesGroups" in each]
    assert sorted(groups) == [["shipline:store-dev"], ["shipline:store-prod"]]


def test_explain_says_how_the_traffic_goes_over(tmp_path: Path) -> None:
    told = "\n".join(explain(load(written(tmp_path))))
    assert "traffic of web by shop: 5, 50 % to a canary, each held for 10m, with errors, slow quiet" in told
    assert "traffic of web by shop: all at once, to a green set beside the blue one, held for 2m" in told


def test_a_chart_and_steps_without_end_are_refused(tmp_path: Path) -> None:
    wrong = TEXT.replace("manifests: manifests", "chart: charts/shop")
    wrong = wrong.replace("steps: [5, 50], pause: 10m", "steps: [1, 5, 50], pause: 6h")
    with pytest.raises(InvalidDefinition) as caught:
        load(written(tmp_path, wrong))
    told = str(caught.value)
    assert "rollout: prod gets the chart store, and Helm's own tools would not know of a second set" in told
    assert "rollout.canary: its steps take 18h, and a release may be held for 12h" in told


def test_steps_that_go_back_are_refused_with_their_order(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(written(tmp_path, TEXT.replace("[5, 50]", "[50, 5, 50]")))
    told = "rollout.canary.steps: each step has to be more than the one before it; write 5, 50"
    assert told in str(caught.value)
