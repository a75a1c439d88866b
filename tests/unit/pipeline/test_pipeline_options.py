"""What a definition chooses of CodePipeline: what starts releases, how they queue, when they enter, what stops them."""

import json
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


def test_the_deployers_are_told_what_scans_have_to_show(synthesize_again: Any, service: Any) -> None:
    text = "name: store\nsource: codecommit\nenvironments: [dev, prod]\nscan: {block: medium, exceptions: known.yaml}\n"
    folder = service(text)
    (folder / "known.yaml").write_text("- {id: CVE-1, owner: ann, reason: not called, expires: 2999-12-31}\n")
    made = synthesize_again(folder, nag=True)
    functions = made.of_type("AWS::Lambda::Function").values()
    told = [json.dumps(each["Environment"]) for each in functions if each["FunctionName"].startswith("store-deploy-")]
    gate = '"scan":{"block":"medium","unscanned":"block","exceptions":"known.yaml","within":600}'
    assert [gate in each.replace("\\", "") for each in told] == [True, True]
    statements = [item for policy in made.of_type("AWS::IAM::Policy").values()
                  for item in policy["PolicyDocument"]["Statement"]]  # fmt: skip
    scans = [item for item in statements if "ecr:DescribeImageScanFindings" in item["Action"]]
    assert len(scans) == 2
    (project,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if "store-build" in each["Name"]]
    assert "known.yaml" in json.dumps(project)
