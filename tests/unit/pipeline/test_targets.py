"""Environments on several clusters: their stacks, roles and trust, who may pull, and the waves of a stage."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipeline.config import explain, load
from pipeline.config.targets.check import homeless
from pipeline.config.targets.regions import REGIONS, partition
from pipeline.cost import Assumptions, estimate, read
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, REGION, synthesize_loaded, write_service

THERE = "111122223333"
TEXT = f"""\
name: store
source: codecommit
secrets: [token]
observe: true
environments:
  - dev
  - name: prod
    verify: verify.yaml
    soak: 10m
    other_namespaces: [monitoring]
    targets:
      - {{cluster: prod-eu, region: eu-central-1, account: "{THERE}"}}
      - {{cluster: prod-us, account: "{THERE}", wave: 2, namespace: store-us, external_id: theirs}}
      - {{cluster: Other_One, name: other, account: "{ACCOUNT}", region: {REGION}, wave: 2}}
"""
EU = "target-prod-prod-eu"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_service(tmp_path_factory.mktemp("store"), TEXT)
    (made / "verify.yaml").write_text("version: 0.2 # SHIPLINE_ROLE\n")
    return made


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    loaded = load(folder, account=ACCOUNT, region=REGION)
    return synthesize_loaded(loaded, tmp_path_factory.mktemp("out"), account=ACCOUNT, nag=True)


def resources(made: Synthesized, stack: str, kind: str) -> list[dict[str, Any]]:
    found = made.template(stack)["Resources"].values()
    return [each["Properties"] for each in found if each["Type"] == kind]


def plain(value: Any) -> str:
    """JSON in which joined texts are one."""
    if isinstance(value, dict) and value.keys() == {"Fn::Join"}:
        return "".join(plain(each) for each in value["Fn::Join"][1])
    if isinstance(value, dict) and value.keys() == {"Ref"}:
        return f"<{value['Ref']}>"
    if isinstance(value, dict):
        return json.dumps({key: plain(each) for key, each in value.items()}).replace("\\", "")
    if isinstance(value, list):
        return ", ".join(plain(each) for each in value)
    return str(value)


def role(made: Synthesized, stack: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in resources(made, stack, "AWS::IAM::Role") if each.get("RoleName") == name]
    return found


def test_each_target_has_a_stack_in_its_own_account_and_region_before_the_deliverys(made: Synthesized) -> None:
    artifacts = json.loads((made.folder / "manifest.json").read_text())["artifacts"]
    there = {name: each["environment"] for name, each in artifacts.items() if "-target-" in name and "." not in name}
    assert there == {
        "store-target-prod-prod-eu": f"aws://{THERE}/eu-central-1",
        "store-target-prod-prod-us": f"aws://{THERE}/{REGION}",
        "store-target-prod-other": f"aws://{ACCOUNT}/{REGION}",
    }
    assert {*there, "store-cluster"} <= set(artifacts["store-delivery"]["dependencies"])


@pytest.mark.parametrize(
    ("stack", "key", "external_id"),
    [(EU, "prod-prod-eu", "store/prod/prod-eu"), ("target-prod-prod-us", "prod-prod-us", "theirs")],
)
def test_the_role_there_trusts_the_deployers_role_alone_with_its_external_id(
    made: Synthesized, stack: str, key: str, external_id: str
) -> None:
    for theirs, ours in (("target", "deploy"), ("check", "verify")):
        (trust,) = role(made, stack, f"store-{theirs}-{key}")["AssumeRolePolicyDocument"]["Statement"]
        assert plain(trust["Principal"]["AWS"]) == f"arn:<AWS::Partition>:iam::{ACCOUNT}:root"
        assert {operator: plain(each) for operator, each in trust["Condition"].items()} == {
            "ArnEquals": json.dumps(
                {"aws:PrincipalArn": f"arn:<AWS::Partition>:iam::{ACCOUNT}:role/store-{ours}-{key}"}
            ),
            "StringEquals": json.dumps({"sts:ExternalId": external_id}),
        }
        assert role(made, "delivery", f"store-{ours}-{key}")


def test_the_role_there_may_do_no_more_than_a_deployer_here(made: Synthesized) -> None:
    policies = resources(made, EU, "AWS::IAM::Policy")
    said = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    assert {each["Action"] for each in said if isinstance(each["Action"], str)} == {"eks:DescribeCluster"}
    arns = {plain(each["Resource"]) for each in said if each["Action"] == "eks:DescribeCluster"}
    assert arns == {"arn:<AWS::Partition>:eks:<AWS::Region>:<AWS::AccountId>:cluster/prod-eu"}
    entries = resources(made, EU, "AWS::EKS::AccessEntry")
    scopes = [each["AccessPolicies"][0]["AccessScope"] for each in entries]
    assert [each.get("Namespaces") for each in scopes] == [None, ["store-prod", "monitoring"], ["store-prod"]]
    (asked,) = resources(made, EU, "Custom::Namespaces")
    assert asked["ClusterName"] == "prod-eu"
    assert [each["Name"] for each in asked["Namespaces"]] == ["store-prod"]


def test_a_deployer_takes_the_role_and_reaches_nothing_else_there(made: Synthesized) -> None:
    policies = made.of_type("AWS::IAM::Policy").values()
    said = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    taken = {plain(each["Resource"]) for each in said if each["Action"] == "sts:AssumeRole" and ":iam::" in plain(each)}
    prefix = f"arn:<AWS::Partition>:iam::{THERE}:role/store"
    kinds = [f"{prefix}-{kind}-prod-prod-{where}" for kind in ("target", "check") for where in ("eu", "us")]
    assert taken == set(kinds)
    described = {plain(each["Resource"]).rpartition(":")[2] for each in said if "eks:DescribeCluster" in each["Action"]}
    assert described == {"cluster/store", "cluster/Other_One"}
    (function,) = [each for each in made.of_type("AWS::Lambda::Function").values()
                   if each["FunctionName"] == "store-deploy-prod-prod-eu"]  # fmt: skip
    told = plain(function["Environment"]["Variables"]["SHIPLINE_TARGET"])
    assert '"cluster":{"name":"prod-eu","region":"eu-central-1"}' in told
    assert f'"target":"prod-eu","role":{{"arn":"{prefix}-target-prod-prod-eu",' in told


def test_a_target_in_the_pipelines_own_account_and_region_needs_no_role(made: Synthesized) -> None:
    assert len(resources(made, "target-prod-other", "AWS::IAM::Role")) == 1  # of the function that makes the namespace
    entries = resources(made, "delivery", "AWS::EKS::AccessEntry")
    assert [each["ClusterName"] for each in entries] == ["store", "Other_One", "Other_One"]


def test_other_accounts_may_pull_and_nothing_else(made: Synthesized) -> None:
    (repository,) = made.of_type("AWS::ECR::Repository").values()
    (statement,) = repository["RepositoryPolicyText"]["Statement"]
    assert plain(statement["Principal"]["AWS"]) == f"arn:<AWS::Partition>:iam::{THERE}:root"
    assert statement["Action"] == ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_a_wave_begins_when_the_one_before_was_released_verified_and_has_soaked(made: Synthesized) -> None:
    orders: dict[int, list[str]] = {}
    for action in made.stage("prod")["Actions"]:
        orders.setdefault(action["RunOrder"], []).append(action["Name"])
    assert orders == {
        1: ["Deploy-prod-eu"],
        2: ["Verify-prod-eu"],
        3: ["Soak-prod-eu"],
        4: ["Deploy-prod-us", "Deploy-other"],
        5: ["Verify-prod-us", "Verify-other"],
        6: ["Soak-prod-us", "Soak-other"],
    }
    assert made.stage("prod")["OnFailure"] == {"Result": "ROLLBACK"}


def test_an_approval_shows_the_plan_of_each_target_and_each_is_held_to_its_own(made: Synthesized) -> None:
    *plans, approve = made.stage("prod-approval")["Actions"]
    assert [(each["Name"], each["RunOrder"]) for each in plans] == [
        ("Plan-prod-eu", 1),
        ("Plan-prod-us", 1),
        ("Plan-other", 1),
    ]
    shown = approve["Configuration"]["CustomData"].splitlines()
    assert shown[2:5] == [f"{name}: #{{prod-{name}_plan.summary}}" for name in ("prod-eu", "prod-us", "other")]
    room = [int(json.loads(each["Configuration"]["UserParameters"])["summary"]) for each in plans]
    bare = approve["Configuration"]["CustomData"]
    for name in ("prod-eu", "prod-us", "other"):
        bare = bare.replace(f"#{{prod-{name}_plan.summary}}", "")
    assert len(bare) + sum(room) <= 1000
    deploy = made.stage("prod")["Actions"][0]
    assert "#{prod-prod-eu_plan.plan}" in deploy["Configuration"]["UserParameters"]
    assert {"Name": "Plan-prod-prod-eu"} in deploy["InputArtifacts"]


def test_what_is_generated_is_the_same_at_all_targets(made: Synthesized) -> None:
    names = [each["Name"] for each in made.of_type("AWS::SecretsManager::Secret").values()]
    assert names == ["store/dev/token", "store/prod/token"]


def test_cdk_nag_has_no_finding_in_any_of_the_stacks(made: Synthesized) -> None:
    report = json.loads((made.folder / "validation-report.json").read_text())
    assert [item["violations"] for item in report["pluginReports"] if item["violations"]] == []


def test_a_target_in_the_pipelines_own_place_is_told_from_others_once_that_is_known(folder: Path) -> None:
    known = load(folder, account=ACCOUNT, region=REGION)
    assert [part.at.elsewhere for part in known.apart if part.at] == [True, True, False]
    assert [part.at.elsewhere for part in load(folder).apart if part.at] == [True, True, True]
    assert homeless(known, ACCOUNT, REGION) == ""
    assert homeless(known, None, None).startswith("prod/prod-eu is in another account or region")


def test_no_cluster_is_made_for_environments_that_are_all_elsewhere(service: Callable[[str], Path]) -> None:
    text = "name: store\nsource: codecommit\nenvironments:\n  - {name: prod, targets: [one, {cluster: two, wave: 2}]}\n"
    found = load(service(text))
    assert found.here == ()
    told = explain(found)
    assert told[-1] == "no cluster of its own: every environment has targets"
    assert "  wave 2: two, the cluster two, namespace store-prod" in told
    cost = estimate(found, read(), Assumptions(10, 4, 2, 20, 100, 10))
    assert not [line for line in cost.lines if "EKS" in line.what]
    assert cost.not_counted[0] == "the targets' clusters, which are there already"


def test_the_clusters_own_environment_may_have_another_target(service: Callable[[str], Path]) -> None:
    text = "name: store\nsource: codecommit\nenvironments: [{name: prod, targets: [store, {cluster: two, wave: 2}]}]\n"
    found = load(service(text))
    assert [part.label for part in found.here] == ["prod/store"]
    assert [part.label for part in found.apart] == ["prod/two"]


def test_the_regions_are_botocores() -> None:
    session = boto3.Session()
    known = {each for name in ("aws", "aws-cn", "aws-us-gov") for each in session.get_available_regions("eks", name)}
    assert set(REGIONS) == known
    assert {each for each in REGIONS if partition(each) == "aws-cn"} == set(
        session.get_available_regions("eks", "aws-cn")
    )
