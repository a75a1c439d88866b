"""What is told of conditions that come, go and change."""

from typing import Any

from cli.planning.conditions import changes, listed
from cli.planning.names import Names

NAMES = Names([])


def rule(name: str, provider: str, **configuration: str) -> dict[str, Any]:
    return {"Name": name, "RuleTypeId": {"Provider": provider}, "Configuration": configuration}


def stage(key: str, result: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"Name": "prod", key: {"Conditions": [{"Result": result, "Rules": list(rules)}]}}


ALARM = rule("prod-before-1", "CloudWatchAlarm", AlarmName="shop-5xx")
WINDOW = rule("prod-window", "DeploymentWindow", Cron="* * 9-15 ? * MON-FRI")


def test_rules_that_come_are_told_with_what_they_ask() -> None:
    told = list(changes({"Name": "prod"}, stage("BeforeEntry", "FAIL", WINDOW, ALARM), NAMES))
    assert told == [
        "before entry: new rule prod-window (DeploymentWindow * * 9-15 ? * MON-FRI)",
        "before entry: new rule prod-before-1 (CloudWatchAlarm shop-5xx)",
        "before entry: otherwise FAIL",
    ]


def test_rules_that_go_and_change_are_told_by_name() -> None:
    longer = rule("prod-before-1", "CloudWatchAlarm", AlarmName="shop-5xx", WaitTime="20")
    told = list(changes(stage("OnSuccess", "FAIL", WINDOW, ALARM), stage("OnSuccess", "ROLLBACK", longer), NAMES))
    assert told[0] == "on success: the rule prod-window goes"
    assert told[1].startswith("on success: prod-before-1: ")
    assert "20" in told[1]
    assert told[2] == "on success: otherwise FAIL becomes ROLLBACK"


def test_a_result_without_rules_stays_a_property() -> None:
    old, new = {"OnFailure": {"Result": "ROLLBACK"}}, stage("OnFailure", "ROLLBACK", ALARM)
    told = list(changes(old, new, NAMES))
    assert told[:2] == [
        "on failure: new rule prod-before-1 (CloudWatchAlarm shop-5xx)",
        "on failure: otherwise ROLLBACK",
    ]
    assert told[2].startswith("when it fails: ")
    assert not list(changes(old, old, NAMES))


def test_a_new_stage_lists_its_rules() -> None:
    made = rule("prod-before-2", "CloudWatchAlarm") | {"Configuration": {"AlarmName": {"Ref": "Alarm"}}}
    assert list(listed(stage("BeforeEntry", "SKIP", ALARM, made))) == [
        "before entry: prod-before-1 (CloudWatchAlarm shop-5xx), otherwise SKIP",
        "before entry: prod-before-2 (CloudWatchAlarm), otherwise SKIP",
    ]
