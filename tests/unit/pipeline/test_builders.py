"""What a definition chooses of the steps in front of its build, and of who builds its images."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from tests.support.definitions import problems
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

TEXT = """\
name: store
source: codecommit
build:
  docker_server: {size: large, security_groups: [sg-89abcdef]}
  vpc: {id: vpc-0123456789abcdef0, subnets: [subnet-01234567], security_groups: [sg-01234567]}
  steps:
    - name: web-pages
      commands: [export PAGES=7, mkdir -p dist]
      variables: [PAGES]
      files: ["dist/**/*"]
    - name: lint
      commands: ["true"]
environments: [dev]
"""
HEAD = "name: store\nsource: codecommit\nenvironments: [dev]\nbuild:\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("store"), TEXT, ("dev",))
    return synthesize(folder, tmp_path_factory.mktemp("made"), account=ACCOUNT, nag=True)


def test_steps_run_one_after_the_other_in_front_of_the_build(made: Synthesized) -> None:
    pages, lint, build = made.stage("Build")["Actions"]
    assert [each["RunOrder"] for each in (pages, lint, build)] == [1, 2, 3]
    kind = {"Category": "Compute", "Owner": "AWS", "Provider": "Commands", "Version": "1"}
    assert (pages["ActionTypeId"], pages["Commands"]) == (kind, ["export PAGES=7", "mkdir -p dist"])
    assert (pages["OutputVariables"], pages["Namespace"]) == (["PAGES"], "Step-web-pages")
    assert pages["OutputArtifacts"] == [{"Name": "web_pages_files", "Files": ["dist/**/*"]}]
    assert {"Namespace", "OutputArtifacts", "OutputVariables"} & lint.keys() == set()


def test_what_a_step_hands_on_reaches_the_steps_behind_it_and_the_build(made: Synthesized) -> None:
    pages, lint, build = made.stage("Build")["Actions"]
    own = ["COMMIT_ID", "BRANCH", "PIPELINE_EXECUTION_ID"]
    assert [each["Name"] for each in pages["EnvironmentVariables"]] == own
    told = {each["Name"]: each["Value"] for each in lint["EnvironmentVariables"]}
    assert (list(told), told["PAGES"]) == ([*own, "PAGES"], "#{Step-web-pages.PAGES}")
    told = {each["name"]: each["value"] for each in json.loads(build["Configuration"]["EnvironmentVariables"])}
    assert told["PAGES"] == "#{Step-web-pages.PAGES}"
    for action in (lint, build):
        assert action["InputArtifacts"] == [{"Name": "Source"}, {"Name": "web_pages_files"}]
    assert build["Configuration"]["PrimarySource"] == "Source"


def test_a_step_may_log_and_use_artifacts_alone(made: Synthesized) -> None:
    assert "/aws/codepipeline/store" in {each["LogGroupName"] for each in made.of_type("AWS::Logs::LogGroup").values()}
    (role,) = [key for key in made.of_type("AWS::IAM::Role") if key.startswith("ReleaseSteplint")]
    allowed: set[str] = set()
    for statement in made.statements_of(role):
        action = statement["Action"]
        allowed |= {action} if isinstance(action, str) else set(action)
    assert allowed == {
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "s3:GetObject", "s3:GetObjectVersion",
        "s3:PutObject", "s3:GetBucketLocation", "s3:GetBucketVersioning",
    }  # fmt: skip


def test_a_docker_server_builds_the_images_without_privileges(made: Synthesized) -> None:
    (found,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "store-build"]
    asked = found["Environment"]
    assert asked["DockerServer"] == {"ComputeType": "BUILD_GENERAL1_LARGE", "SecurityGroupIds": ["sg-89abcdef"]}
    assert asked["PrivilegedMode"] is False
    assert asked["ComputeType"] == "BUILD_GENERAL1_MEDIUM"


def test_it_is_told_in_words(service: Callable[[str], Path]) -> None:
    told = explain(load(service(TEXT)))
    build = "build: the buildspec that comes along, at most 30m, images by a large docker server, in the VPC"
    assert [line for line in told if line.startswith(build)]
    step = "  before it, step web-pages: 2 commands that CodePipeline runs; hands on PAGES, "
    assert step + "${CODEBUILD_SRC_DIR_web_pages_files}" in told


def test_steps_of_a_service_in_a_folder_begin_there(tmp_path: Path) -> None:
    text = TEXT.replace("source: codecommit", "source: {codecommit: acme, folder: shops/store}")
    steps = load(write_service(tmp_path / "shops" / "store", text, ("dev",))).build.steps
    assert steps[0].commands[0] == steps[1].commands[0] == "cd 'shops/store'"
    assert steps[0].files == ("shops/store/dist/**/*",)


def steps(*lines: str) -> str:
    return HEAD + "  steps:\n" + "".join(f"    - {line}\n" for line in lines)


FILES = [f"{{name: s{number}, commands: [a], files: [out]}}" for number in range(5)]
VARIABLES = ", ".join(f"V{number}" for number in range(8))
LONG = ", ".join(f"A_LONG_NAME_OF_A_VARIABLE_{number}" for number in range(9))


@pytest.mark.parametrize(
    ("text", "line", "wrong"),
    [
        (steps("{name: a, commands: [a]}", "{name: a, commands: [b]}"), 7, "`a` is there twice"),
        (steps('{name: a, commands: ["one\\ntwo"]}'), 6, "is not allowed here"),
        (steps(*FILES), 10, "a build takes the files of 4 steps beside its source"),
        (steps("{name: a, commands: [x], files: [" + "f" * 129 + "]}"), 6, "129 characters; CodePipeline takes 128"),
        (steps("{name: a, commands: [x], variables: [" + VARIABLES + "]}", "{name: b, commands: [x]}"), 6,
         "the last step would get 11 variables; CodePipeline takes 10"),
        (steps("{name: a, commands: [x], variables: [" + LONG + "]}"), 6, "characters for its variables"),
        (steps("{name: a, commands: [x], variables: [CODEBUILD_X]}"), 6, "CODEBUILD_X has a meaning of its own"),
        (HEAD + "  docker_server: {size: small, security_groups: [sg-01234567]}\n", 5, "in a VPC alone"),
        (HEAD + "  docker_server: small\nimages: {web: {context: app/web, platforms: [amd64, arm64]}}\n", 5,
         "the image web needs emulation"),
    ],
)  # fmt: skip
def test_what_aws_would_refuse_is_refused(service: Callable[[str], Path], text: str, line: int, wrong: str) -> None:
    (problem,) = problems(service(text))
    assert (problem.line, wrong in problem.wrong) == (line, True), problem


def test_a_folder_counts_as_a_command(tmp_path: Path) -> None:
    text = steps("{name: a, commands: [" + ", ".join(["x"] * 50) + "]}")
    text = text.replace("source: codecommit", "source: {codecommit: acme, folder: store}")
    (problem,) = problems(write_service(tmp_path / "store", text, ("dev",)))
    assert problem.wrong == "it has 51 commands with the one that enters store"


def test_who_asks_for_nothing_gets_what_was_there_before(anywhere: Any) -> None:
    (build,) = anywhere.stage("Build")["Actions"]
    assert (build["RunOrder"], build["InputArtifacts"]) == (1, [{"Name": "Source"}])
    (found,) = [each for each in anywhere.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "tiny-build"]
    assert found["Environment"]["PrivilegedMode"] is True
    assert "DockerServer" not in found["Environment"]
    assert not [each for each in anywhere.of_type("AWS::Logs::LogGroup").values()
                if "/aws/codepipeline/" in str(each.get("LogGroupName"))]  # fmt: skip
