"""The parts for use from Python: what they make, what they refuse, and the code of their page."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk import aws_codepipeline as codepipeline

from pipeline.constructs import (
    AlarmRule,
    CommandsRule,
    DeploymentWindowRule,
    Helm,
    Kubectl,
    LambdaRule,
    Operator,
    Rule,
    VariableRule,
    failing,
    rolling_back,
    skipping,
)
from tests.unit.pipeline.conftest import CHECKOUT

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def page() -> list[dict[str, Any]]:
    """What is there after each block of docs/constructs.md was run."""
    found = []
    os.chdir(CHECKOUT)  # where the page is read
    for code in BLOCK.findall((CHECKOUT / "docs" / "constructs.md").read_text()):
        names: dict[str, Any] = {}
        exec(compile(code, "docs/constructs.md", "exec"), names)
        found.append(names)
    return found


@pytest.fixture(scope="module")
def manifests(page: list[dict[str, Any]]) -> dict[str, Any]:
    """The template of the pipeline of one's own."""
    app: App = page[1]["app"]
    template: dict[str, Any] = app.synth().get_stack_by_name("manifests").template
    return template


def resources(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def test_a_services_stacks_are_open_to_additions(page: list[dict[str, Any]]) -> None:
    template = page[0]["app"].synth().get_stack_by_name("notes-delivery").template
    (pipeline,) = resources(template, "AWS::CodePipeline::Pipeline")
    assert {"Key": "team", "Value": "notes"} in pipeline["Tags"]


def test_a_cluster_is_made_by_itself(page: list[dict[str, Any]]) -> None:
    (artifact,) = page[2]["app"].synth().stacks
    assert len(resources(artifact.template, "AWS::EKS::Cluster")) == 1


def test_the_eks_action_is_declared_as_aws_documents_it(manifests: dict[str, Any]) -> None:
    (pipeline,) = resources(manifests, "AWS::CodePipeline::Pipeline")
    action = pipeline["Stages"][1]["Actions"][0]
    assert action["ActionTypeId"] == {"Category": "Deploy", "Owner": "AWS", "Provider": "EKS", "Version": "1"}
    assert action["Configuration"] == {"ClusterName": "platform", "ManifestFiles": "manifests", "Namespace": "shop"}
    assert "OutputArtifacts" not in action


def test_its_role_may_describe_that_cluster_write_that_log_and_read_artifacts(manifests: dict[str, Any]) -> None:
    (policy,) = [
        each["PolicyDocument"]["Statement"]
        for each in resources(manifests, "AWS::IAM::Policy")
        if each["PolicyName"].startswith("DeployRole")
    ]
    allowed = {action: each["Resource"] for each in policy for action in _listed(each["Action"])}
    assert str(allowed["eks:DescribeCluster"]).count(":cluster/platform") == 1
    assert "/aws/codepipeline/" in str(allowed["logs:PutLogEvents"])
    assert not {action for action in allowed if action.startswith(("ec2:", "eks:")) and action != "eks:DescribeCluster"}
    assert "*" not in allowed.values()


def test_conditions_are_made_of_typed_rules(manifests: dict[str, Any]) -> None:
    (pipeline,) = resources(manifests, "AWS::CodePipeline::Pipeline")
    (entry,) = pipeline["Stages"][1]["BeforeEntry"]["Conditions"]
    assert entry["Result"] == "FAIL"
    assert [(each["RuleTypeId"]["Provider"], each["Configuration"]) for each in entry["Rules"]] == [
        ("DeploymentWindow", {"Cron": "* * 9-15 ? * MON-THU", "TimeZone": "Europe/Berlin"}),
        ("CloudWatchAlarm", {"AlarmName": "shop-5xx"}),
    ]
    (skipped,) = pipeline["Stages"][2]["BeforeEntry"]["Conditions"]
    assert (skipped["Result"], skipped["Rules"][0]["Configuration"]) == (
        "SKIP", {"Variable": "#{Source.CommitMessage}", "Operator": "CONTAINS", "Value": "[notes]"},
    )  # fmt: skip


def test_waits_are_told_in_minutes() -> None:
    rule = AlarmRule(name="a", alarm="x", wait=timedelta(hours=1))
    assert rule.configuration() == {"AlarmName": "x", "WaitTime": "60"}


def test_states_are_told_as_one_text() -> None:
    rule = AlarmRule(name="a", alarm="x", states=["ALARM", "INSUFFICIENT_DATA"])
    assert rule.configuration() == {"AlarmName": "x", "AlarmStates": "ALARM,INSUFFICIENT_DATA"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: DeploymentWindowRule(name="w", cron="0 9 * * MON"), "has 5 fields; this cron has six"),
        (lambda: DeploymentWindowRule(name="w", cron="* * 9 * * MON"), "one of them is `?`"),
        (lambda: AlarmRule(name="a", alarm="x", states=["BAD"]), "states are some of ALARM, OK, INSUFFICIENT_DATA"),
        (lambda: AlarmRule(name="a", alarm="x", wait=timedelta(seconds=90)), "whole minutes, 1 to 86400"),
        (lambda: AlarmRule(name="a", alarm="x", wait=timedelta(days=90)), "whole minutes, 1 to 86400"),
        (lambda: VariableRule(name="v", variable="Source.Commit", operator=Operator.EQUALS, value="x"), "#{Namespace"),
        (lambda: CommandsRule(name="c", lines=["a\nb"]), "each in one line"),
        (lambda: LambdaRule(name="two words", function="f"), "up to 100 letters"),
        (lambda: failing(), "a condition has 1 to 5 rules, not 0"),
        (lambda: rolling_back(*(LambdaRule(name=f"r{n}", function="f") for n in range(6))), "not 6"),
        (lambda: skipping(AlarmRule(name="a", alarm="x")), "AWS skips a stage by LambdaInvoke and VariableCheck alone"),
        (lambda: Kubectl([]).configuration(), "manifests: write one path at least"),
        (lambda: Helm("r", "c", ["a,b"]).configuration(), "values: write one path at least, and none that is empty"),
    ],
)
def test_what_aws_would_refuse_is_refused(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        wrong()


def test_each_rule_is_told_on_the_page() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", (CHECKOUT / "docs" / "constructs.md").read_text(), re.MULTILINE))
    assert told == {each.__name__ for each in Rule.__subclasses__()}


def test_a_chart_is_told_with_its_values() -> None:
    assert Helm("shop", "charts/shop", ["a.yaml", "b.yaml"]).configuration() == {
        "HelmReleaseName": "shop", "HelmChartLocation": "charts/shop", "HelmValuesFiles": "a.yaml,b.yaml",
    }  # fmt: skip
    assert isinstance(failing(LambdaRule(name="f", function="f")), codepipeline.Conditions)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
