"""What CloudWatch shows: one dashboard, and alarms for those who are told."""

import json
from typing import Any

import pytest

from tests.unit.pipeline.conftest import write_service

HEAD = "name: shop\nsource: codecommit\nenvironments: [dev, prod]\n"
NOTIFY = "notify: {mail: [ops@acme.example], topic: arn:aws:sns:us-east-1:123456789012:ours}\n"
# What AWS documents: CodePipeline's metrics of a V2 pipeline, and Lambda's of a function; and what the deployer tells.
KNOWN = {
    "AWS/CodePipeline": {"PipelineDuration", "FailedPipelineExecutions"},
    "AWS/Lambda": {"Errors", "Duration", "Throttles"},
    "Shipline": {"Succeeded", "Failed", "Duration", "LeadTime"},
}
MOST_METRICS = 500  # in one widget


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, synthesize_again: Any) -> Any:
    folder = write_service(tmp_path_factory.mktemp("watched"), HEAD + NOTIFY + "observe: {longest: 2h}\n")
    return synthesize_again(folder, nag=True)


def widgets(made: Any) -> list[dict[str, Any]]:
    (dashboard,) = made.of_type("AWS::CloudWatch::Dashboard").values()
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    body = json.loads("".join(part if isinstance(part, str) else "us-east-1" for part in parts))
    found: list[dict[str, Any]] = body["widgets"]
    return found


def test_the_dashboard_shows_documented_metrics_of_this_pipeline_alone(watched: Any) -> None:
    shown = [metric for widget in widgets(watched) for metric in widget["properties"]["metrics"]]
    seen: dict[str, set[str]] = {}
    for namespace, name, *dimensions, _ in shown:
        seen.setdefault(namespace, set()).add(name)
        of = dict(zip(dimensions[::2], dimensions[1::2], strict=True))
        assert of in (
            {"PipelineName": "shop"},
            {"FunctionName": "shop-deploy-dev"},
            {"FunctionName": "shop-deploy-prod"},
            {"Service": "shop", "Environment": "dev"},
            {"Service": "shop", "Environment": "prod"},
        )
    assert seen == KNOWN
    functions = {
        each["FunctionName"] for each in watched.of_type("AWS::Lambda::Function").values() if "FunctionName" in each
    }
    assert {"shop-deploy-dev", "shop-deploy-prod"} <= functions


def test_a_dashboard_of_the_most_environments_keeps_cloudwatchs_limits(synthesize_again: Any, service: Any) -> None:
    names = ", ".join(f"e{number}" for number in range(24))
    text = (
        f"name: shop\nsource: codecommit\nenvironments: [{names}]\ndeploy: [{{manifests: manifests}}]\nobserve: true\n"
    )
    folder = service(text)
    (folder / "manifests" / "a.yaml").touch()
    assert max(len(widget["properties"]["metrics"]) for widget in widgets(synthesize_again(folder))) <= MOST_METRICS


def test_alarms_go_to_all_that_are_told(watched: Any) -> None:
    alarms = {each["AlarmName"]: each for each in watched.of_type("AWS::CloudWatch::Alarm").values()}
    assert {name: (each["MetricName"], each["Threshold"]) for name, each in alarms.items()} == {
        "shop-pipeline-failed": ("FailedPipelineExecutions", 1),
        "shop-pipeline-too-long": ("PipelineDuration", 7200),
        "shop-deploy-dev-errors": ("Errors", 1),
        "shop-deploy-prod-errors": ("Errors", 1),
    }
    (topic,) = watched.of_type("AWS::SNS::Topic")
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": topic}, "arn:aws:sns:us-east-1:123456789012:ours"]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_topics_take_alarms_of_this_account_too(watched: Any) -> None:
    (policy,) = watched.of_type("AWS::SNS::TopicPolicy").values()
    *_, statement = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    keys = [key for key in watched.of_type("AWS::KMS::Key").values() if "releases" in key["Description"]]
    assert keys[0]["KeyPolicy"]["Statement"][1]["Principal"] == {
        "Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }


@pytest.mark.parametrize("text", ["observe: true\n", NOTIFY + "observe: {alarms: false}\n"])
def test_without_alarms_there_is_the_dashboard_alone(synthesize_again: Any, service: Any, text: str) -> None:
    made = synthesize_again(service(HEAD + text))
    assert widgets(made)
    assert not made.of_type("AWS::CloudWatch::Alarm")


def test_the_deployers_tell_their_measures_where_they_are_shown(watched: Any, anywhere: Any) -> None:
    def told(made: Any) -> list[bool]:
        functions = made.of_type("AWS::Lambda::Function").values()
        targets = [json.dumps(each["Environment"]) for each in functions if "-deploy-" in each.get("FunctionName", "")]
        return ['"metrics":true' in each.replace("\\", "") for each in targets]

    assert told(watched) == [True, True]
    assert told(anywhere) == [False, False, False]
    assert not anywhere.of_type("AWS::CloudWatch::Dashboard")
