"""What a definition chooses of CodePipeline: what starts releases, how they queue, when they enter, what stops them."""

import json
from typing import Any

import pytest

CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"


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
    text = f"name: store\nenvironments: [dev]\nsource:\n  {host}: {repository}\n  connection: {CONNECTION}\n"
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


def test_a_release_soaks_at_the_end_of_its_stage_and_its_deployer_reads_those_alarms_alone(
    synthesize_again: Any, service: Any
) -> None:
    text = "name: store\nsource: codecommit\nenvironments:\n  - dev\n"
    made = synthesize_again(
        service(text + "  - {name: prod, soak: 30m, alarms: [store-5xx, slow]}\n"), account=None, nag=True
    )
    actions = {each["Name"]: each for each in made.stage("prod")["Actions"]}
    assert actions["Soak"]["RunOrder"] > actions["Deploy"]["RunOrder"]
    assert "OutputArtifacts" not in actions["Soak"]
    told = json.loads(actions["Soak"]["Configuration"]["UserParameters"])
    assert told == {"mode": "soak", "execution": "#{codepipeline.PipelineExecutionId}", "then": "rollback"}
    assert [each["Name"] for each in made.stage("dev")["Actions"]] == ["Deploy"]
    policies = made.of_type("AWS::IAM::Policy").values()
    statements = [item for policy in policies for item in policy["PolicyDocument"]["Statement"]]
    (reading,) = [item for item in statements if item["Action"] == "cloudwatch:DescribeAlarms"]
    assert {arn["Fn::Join"][1][-1] for arn in reading["Resource"]} == {":alarm:store-5xx", ":alarm:slow"}
    functions = made.of_type("AWS::Lambda::Function").values()
    (prod,) = [each for each in functions if each["FunctionName"] == "store-deploy-prod"]
    assert '"soak":1800,"alarms":["store-5xx","slow"]' in json.dumps(prod["Environment"]).replace("\\", "")


def test_a_service_in_a_folder_is_started_by_what_changes_there_and_built_there(
    synthesize_again: Any, service: Any
) -> None:
    source = f"source: {{github: acme/all, connection: '{CONNECTION}', folder: service}}\n"
    folder = service(f"name: store\n{source}environments: [dev]\nbuild: {{buildspec: build.yaml}}\n")
    (folder / "build.yaml").write_text("version: 0.2\n")
    made = synthesize_again(folder)
    (trigger,) = made.pipeline["Triggers"]
    (pushed,) = trigger["GitConfiguration"]["Push"]
    assert pushed == {"Branches": {"Includes": ["main"]}, "FilePaths": {"Includes": ["service/**"]}}
    (project,) = made.of_type("AWS::CodeBuild::Project").values()
    assert project["Source"]["BuildSpec"] == "service/build.yaml"
    variables = {each["Name"]: each["Value"] for each in project["Environment"]["EnvironmentVariables"]}
    assert variables["SHIPLINE_FOLDER"] == "service"


@pytest.mark.parametrize(("existing", "made"), [("false", 1), ("true", 0)])
def test_the_second_service_of_a_repository_makes_none(
    synthesize_again: Any, service: Any, existing: str, made: int
) -> None:
    text = f"source: {{codecommit: all, folder: service, existing: {existing}}}\n"
    found = synthesize_again(service(f"name: store\n{text}environments: [dev]\n"))
    assert len(found.of_type("AWS::CodeCommit::Repository")) == made
    assert found.stage("Source")["Actions"][0]["Configuration"]["RepositoryName"] != ""
    (rule,) = [each for each in found.of_type("AWS::Events::Rule").values() if "aws.codecommit" in str(each)]
    assert rule["EventPattern"]["detail"]["referenceName"] == ["main"]


@pytest.mark.parametrize(
    ("host", "kind", "location", "events"),
    [
        ("github", "GITHUB", "https://github.com/acme/store.git", 3),
        ("gitlab", "GITLAB", "https://gitlab.com/acme/store.git", 2),
        ("bitbucket", "BITBUCKET", "https://bitbucket.org/acme/store.git", 2),
    ],
)
def test_pull_requests_are_tried_out_by_a_project_that_may_push_nothing_and_read_no_secret(
    synthesize_again: Any, service: Any, host: str, kind: str, location: str, events: int
) -> None:
    text = f"name: store\nenvironments: [dev]\nsource:\n  {host}: acme/store\n  connection: {CONNECTION}\n"
    text += "  folder: service\n  pull_requests: [main, release/1.x]\n"
    text += "images: {web: {context: app/web, secrets: {token: store/token}}, api: app/api}\n"
    folder = service(text)
    (folder / "app/api").mkdir()
    (folder / "app/api/Dockerfile").touch()
    (folder / "app/web/Dockerfile").write_text("RUN --mount=type=secret,id=token true\n")
    made = synthesize_again(folder, nag=True)
    projects = {each["Name"]: each for each in made.of_type("AWS::CodeBuild::Project").values()}
    project = projects["store-pull-requests"]
    assert (project["Source"]["Type"], project["Source"]["Location"]) == (kind, location)
    build = projects["store-build"]["Environment"]
    assert {key: project["Environment"][key] for key in ("ComputeType", "Image", "Type")} == {
        key: build[key] for key in ("ComputeType", "Image", "Type")
    }
    assert project["Source"]["Auth"] == {"Type": "CODECONNECTIONS", "Resource": CONNECTION}
    (group,) = project["Triggers"]["FilterGroups"]
    filters = {each["Type"]: each["Pattern"] for each in group}
    assert len(filters["EVENT"].split(", ")) == events
    assert filters["BASE_REF"] == r"^refs/heads/(main|release/1\.x)$"
    assert filters["FILE_PATH"] == "^service/"
    assert project["Triggers"]["PullRequestBuildPolicy"] == {"RequiresCommentApproval": "FORK_PULL_REQUESTS"}
    variables = {each["Name"]: json.dumps(each["Value"]) for each in project["Environment"]["EnvironmentVariables"]}
    assert "app/api" in variables["SHIPLINE_IMAGES"]
    assert "app/web" not in variables["SHIPLINE_IMAGES"]
    statements = made.statements_of(project["ServiceRole"]["Fn::GetAtt"][0])
    said = [each["Action"] if isinstance(each["Action"], list) else [each["Action"]] for each in statements]
    allowed = {action for each in said for action in each}
    reporting = {action for action in allowed if action.startswith(("codebuild:", "codeconnections:", "logs:"))}
    assert allowed - reporting == {"ecr:DescribeImages", "s3:GetObject"}
    assert "docker push" not in project["Source"]["BuildSpec"]
    assert " login" not in project["Source"]["BuildSpec"]
