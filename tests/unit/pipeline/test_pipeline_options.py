"""What a definition chooses of CodePipeline: what starts it, how releases follow one another, when they may enter."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("host", "repository", "push", "filters"),
    [
        ("gitlab", "acme/web/store", "{tags: ['v*']}", [{"Tags": {"Includes": ["v*"]}}]),
        (
            "bitbucket",
            "acme/store",
            "{branches: [main], tags: {exclude: ['*-rc']}}",
            [{"Branches": {"Includes": ["main"]}}, {"Tags": {"Excludes": ["*-rc"]}}],
        ),
    ],
)
def test_other_hosts_start_the_pipeline_by_branches_or_by_tags(
    synthesize_again: Any, service: Any, host: str, repository: str, push: str, filters: Any
) -> None:
    connection = "arn:aws:codeconnections:eu-central-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"
    text = f"name: store\nenvironments: [dev]\nsource:\n  {host}: {repository}\n  connection: {connection}\n"
    made = synthesize_again(service(text + f"  push: {push}\n"))
    action = made.stage("Source")["Actions"][0]
    assert action["ActionTypeId"]["Provider"] == "CodeStarSourceConnection"
    assert action["Configuration"]["FullRepositoryId"] == repository
    (trigger,) = made.pipeline["Triggers"]
    assert trigger["GitConfiguration"]["Push"] == filters


def test_releases_queue_and_stages_end_as_the_definition_says(synthesize_again: Any, service: Any) -> None:
    text = "name: store\nsource: codecommit\npipeline: {mode: queued}\nenvironments:\n"
    ends = {"dev": "retry", "staging": "stop", "prod": "rollback"}
    text += "".join(f"  - {{name: {name}, approve: false, on_failure: {end}}}\n" for name, end in ends.items())
    pipeline = synthesize_again(service(text)).pipeline
    assert pipeline["ExecutionMode"] == "QUEUED"
    assert [stage.get("OnFailure") for stage in pipeline["Stages"][2:]] == [
        {"Result": "RETRY", "RetryConfiguration": {"RetryMode": "FAILED_ACTIONS"}},
        None,
        {"Result": "ROLLBACK"},
    ]


def test_an_environment_is_entered_in_its_window_alone(synthesize_again: Any, service: Any) -> None:
    text = "name: store\nsource: codecommit\nenvironments:\n  - dev\n"
    window = "{days: 'Mon-Wed, Thu', hours: '09:00-16:00', zone: Europe/Berlin}"
    made = synthesize_again(service(text + f"  - {{name: prod, window: {window}}}\n"), nag=True)
    assert "BeforeEntry" not in made.stage("dev")
    (condition,) = made.stage("prod")["BeforeEntry"]["Conditions"]
    assert condition["Result"] == "FAIL"
    (rule,) = condition["Rules"]
    assert rule["RuleTypeId"] == {"Category": "Rule", "Owner": "AWS", "Provider": "DeploymentWindow", "Version": "1"}
    assert rule["Configuration"] == {"Cron": "* * 9-15 ? * MON-WED,THU", "TimeZone": "Europe/Berlin"}
