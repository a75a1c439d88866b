"""Builds on the running machine: real identity, real engine, stock tools."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import RunningMachine

NAME = "builds-test"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]


@pytest.fixture
def role(machine: RunningMachine) -> Iterator[str]:
    """A role for builds that may log, and nothing else."""
    iam = machine.client("iam")
    arn = str(iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"])
    allow(machine, LOGS)
    yield arn
    iam.delete_role_policy(RoleName=NAME, PolicyName="rights")
    iam.delete_role(RoleName=NAME)


def allow(machine: RunningMachine, actions: list[str]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    machine.client("iam").put_role_policy(RoleName=NAME, PolicyName="rights", PolicyDocument=json.dumps(document))


def build(machine: RunningMachine, role: str, *commands: str, **spec: Any) -> dict[str, Any]:
    codebuild = machine.client("codebuild")
    text = json.dumps({"version": "0.2", "phases": {"build": {"commands": commands}}, **spec})
    codebuild.delete_project(name=NAME)
    codebuild.create_project(
        name=NAME,
        source={"type": "NO_SOURCE", "buildspec": text},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=role,
    )
    shown = codebuild.start_build(projectName=NAME)["build"]
    while not shown["buildComplete"]:
        time.sleep(0.1)
        (shown,) = codebuild.batch_get_builds(ids=[shown["id"]])["builds"]
    return dict(shown)


def context(shown: dict[str, Any]) -> dict[str, str]:
    return next(each for phase in shown["phases"] for each in phase.get("contexts", []))


def test_a_build_may_do_what_its_role_may(machine: RunningMachine, role: str) -> None:
    denied = build(machine, role, "aws s3api list-buckets")
    assert denied["buildStatus"] == "FAILED"
    assert "AccessDenied" in context(denied)["message"]
    allow(machine, [*LOGS, "s3:ListAllMyBuckets"])
    assert build(machine, role, "aws s3api list-buckets")["buildStatus"] == "SUCCEEDED"


def test_a_build_whose_role_may_not_log_does_not_run(machine: RunningMachine, role: str) -> None:
    allow(machine, ["s3:ListAllMyBuckets"])
    shown = build(machine, role, "true")
    told = context(shown)
    assert told["statusCode"] == "ACCESS_DENIED"
    assert "does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams" in told["message"]


def test_the_aws_cli_shows_a_builds_log(machine: RunningMachine, role: str) -> None:
    shown = build(machine, role, "echo a line of the build")
    group, stream = shown["logs"]["groupName"], shown["logs"]["streamName"]
    events = machine.run("aws", "logs", "get-log-events", "--log-group-name", group, "--log-stream-name", stream).stdout
    assert "a line of the build" in events
    assert "Phase complete: BUILD State: SUCCEEDED" in events


def test_a_build_has_the_image_engine_and_sees_no_other_process(machine: RunningMachine, role: str) -> None:
    shown = build(
        machine,
        role,
        "docker version --format '{{.Server.Version}}'",
        f"getent hosts {machine.home.registry_host}",
        "test $(ps -e | wc -l) -lt 20",
        'test ! -e "$HOME/.aws" && test -z "$KUBECONFIG"',
    )
    assert shown["buildStatus"] == "SUCCEEDED", context(shown)
