"""What CodePipeline asks around a stage: typed rules, the alarms of ours, and the rights to ask."""

from typing import Any

import pytest

from pipeline.config import explain, load
from tests.unit.pipeline.conftest import write_service

HEAD = "name: shop\nsource: codecommit\nenvironments:\n"
ASKED = """\
  - name: staging
    approve: false
    conditions:
      before:
        require:
          - {variable: Source.BranchName, equals: main}
          - {function: may-release, parameters: staging, input: release}
        otherwise: skip
      failure:
        - {alarm: shop-5xx, wait: 5m}
  - name: prod
    approve: false
    window: {hours: "09:00-16:00"}
    conditions:
      before:
        - {alarm: shop-5xx, wait: 20m}
        - commands: [test -f RELEASE, grep -q signed RELEASE]
      success:
        require:
          - metric:
              {namespace: AWS/ApplicationELB, name: HTTPCode_Target_5XX_Count, dimensions: {LoadBalancer: app/shop/1},
               statistic: Sum, above: 10, every: 1m, for: 5m}
            wait: 15m
          - metric: {namespace: Shop, name: Orders, statistic: p99.9, below: 0.5, every: 5m, missing: bad}
          - query: {select: 'SELECT MAX(Duration) FROM "AWS/Lambda"', above: 2000, for: 2m}
          - {variable: Source.CommitMessage, matches: "(?s).*approved.*"}
        otherwise: fail
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, synthesize_again: Any) -> Any:
    folder = write_service(tmp_path_factory.mktemp("asked"), HEAD + "  - dev\n" + ASKED)
    return synthesize_again(folder, account=None, nag=True)


def rules(made: Any, stage: str, when: str) -> tuple[str, list[tuple[str, Any]]]:
    (condition,) = made.stage(stage)[when]["Conditions"]
    found = [(rule["RuleTypeId"]["Provider"], rule.get("Configuration")) for rule in condition["Rules"]]
    return condition["Result"], found


def test_a_stage_is_skipped_by_variables_and_functions(asked: Any) -> None:
    function = {"FunctionName": "may-release", "UserParameters": "staging"}
    variable = {"Variable": "#{Source.BranchName}", "Operator": "EQ", "Value": "main"}
    expected = ("SKIP", [("VariableCheck", variable), ("LambdaInvoke", function)])
    assert rules(asked, "staging", "BeforeEntry") == expected
    (condition,) = asked.stage("staging")["BeforeEntry"]["Conditions"]
    assert [rule.get("InputArtifacts") for rule in condition["Rules"]] == [None, [{"Name": "Release"}]]
    assert not [rule for rule in condition["Rules"] if "RoleArn" in rule]


def test_a_failed_stage_goes_back_when_its_rules_say_so(asked: Any) -> None:
    expected = ("ROLLBACK", [("CloudWatchAlarm", {"AlarmName": "shop-5xx", "WaitTime": "5"})])
    assert rules(asked, "staging", "OnFailure") == expected
    assert set(asked.stage("staging")["OnFailure"]) <= {"Conditions"}


def test_the_window_and_the_rules_share_the_condition_of_the_entry(asked: Any) -> None:
    result, found = rules(asked, "prod", "BeforeEntry")
    assert (result, [provider for provider, _ in found]) == (
        "FAIL",
        ["DeploymentWindow", "CloudWatchAlarm", "Commands"],
    )
    (condition,) = asked.stage("prod")["BeforeEntry"]["Conditions"]
    commands = condition["Rules"][2]
    assert commands["Commands"] == ["test -f RELEASE", "grep -q signed RELEASE"]
    assert commands["InputArtifacts"] == [{"Name": "Source"}]
    assert [rule["Name"] for rule in condition["Rules"]] == ["prod-window", "prod-before-1", "prod-before-2"]


def test_metrics_and_queries_become_alarms(asked: Any) -> None:
    alarms = {each["AlarmName"]: each for each in asked.of_type("AWS::CloudWatch::Alarm").values()}
    assert set(alarms) == {"shop-prod-success-1", "shop-prod-success-2", "shop-prod-success-3"}
    errors, orders, slow = (alarms[f"shop-prod-success-{number}"] for number in (1, 2, 3))
    del errors["AlarmDescription"]
    assert errors == {
        "AlarmName": "shop-prod-success-1",
        "ComparisonOperator": "GreaterThanThreshold",
        "DatapointsToAlarm": 5,
        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/shop/1"}],
        "EvaluationPeriods": 5,
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Namespace": "AWS/ApplicationELB",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 10,
        "TreatMissingData": "notBreaching",
    }
    assert (orders["ExtendedStatistic"], orders["ComparisonOperator"]) == ("p99.9", "LessThanThreshold")
    assert (orders["TreatMissingData"], orders["Threshold"], orders["Period"]) == ("breaching", 0.5, 300)
    query = {"Id": "query", "Expression": 'SELECT MAX(Duration) FROM "AWS/Lambda"', "Period": 60, "ReturnData": True}
    assert (slow["Metrics"], slow["EvaluationPeriods"]) == ([query], 2)
    result, found = rules(asked, "prod", "OnSuccess")
    made = asked.of_type("AWS::CloudWatch::Alarm")
    named = [configuration["AlarmName"]["Ref"] for provider, configuration in found if provider == "CloudWatchAlarm"]
    assert [made[key]["AlarmName"] for key in named] == [f"shop-prod-success-{number}" for number in (1, 2, 3)]
    assert (result, found[0][1]["WaitTime"], found[3][0]) == ("FAIL", "15", "VariableCheck")


def test_the_pipelines_role_may_ask_these_alone(asked: Any) -> None:
    statements = asked.statements_of(asked.pipeline["RoleArn"]["Fn::GetAtt"][0])
    alarms = {name for each in statements if each["Action"] == "cloudwatch:DescribeAlarms" for name in tails(each)}
    assert alarms == {":alarm:shop-5xx", *(f":alarm:shop-prod-success-{number}" for number in (1, 2, 3))}
    functions = {name for each in statements if each["Action"] == "lambda:InvokeFunction" for name in tails(each)}
    assert functions == {":function:may-release"}


def tails(statement: Any) -> set[str]:
    """Of its resource or resources, what stands behind the account."""
    listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return {each["Fn::Join"][1][-1] for each in listed}


def test_commands_run_with_a_role_that_reads_artifacts_and_writes_their_log(asked: Any) -> None:
    (condition,) = asked.stage("prod")["BeforeEntry"]["Conditions"]
    statements = asked.statements_of(condition["Rules"][2]["RoleArn"]["Fn::GetAtt"][0])
    said = [each["Action"] if isinstance(each["Action"], list) else [each["Action"]] for each in statements]
    allowed = {action for each in said for action in each}
    assert {action for action in allowed if not action.startswith("s3:")} == {
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    logs = [each["LogGroupName"] for each in asked.of_type("AWS::Logs::LogGroup").values()]
    assert "/aws/codepipeline/shop" in logs


def test_an_environment_without_conditions_is_asked_nothing(asked: Any) -> None:
    assert asked.stage("dev").keys() == {"Actions", "Name", "OnFailure"}
    assert asked.stage("dev")["OnFailure"] == {"Result": "ROLLBACK"}


def test_they_are_explained(service: Any) -> None:
    told = explain(load(service(HEAD + ASKED)))
    assert "  after it has failed: the alarm shop-5xx is silent, for 5m; otherwise it goes back" in told
    before = "Source.BranchName is main, and the function may-release agrees; otherwise it is skipped"
    assert f"  before it is entered: {before}" in told
