"""What a build does: real shells, phase by phase."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.codebuild.conftest import ROLE, Workbench, phase

ALL = [
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
    "COMPLETED",
]


def names(build: dict[str, Any]) -> list[str]:
    return [each["phaseType"] for each in build["phases"]]


def output(bench: Workbench, build: dict[str, Any]) -> list[str]:
    return [line for line in bench.log(build).splitlines() if not line.startswith("[Container]")]


def test_a_build_goes_through_all_phases(bench: Workbench) -> None:
    build = bench.run(["echo hello"])
    assert build["buildStatus"] == "SUCCEEDED"
    assert names(build) == ALL
    assert [each["phaseStatus"] for each in build["phases"][:-1]] == ["SUCCEEDED"] * 10
    assert build["phases"][-1].keys() == {"phaseType", "startTime"}
    assert output(bench, build) == ["hello"]
    assert build["buildNumber"] == 1
    assert build["initiator"] == "root"
    assert not list((bench.home.work / "builds").iterdir())


def test_a_trivial_build_takes_less_than_half_a_second(bench: Workbench) -> None:
    builds = (bench.run(["true"]) for _ in range(8))
    assert any((build["endTime"] - build["startTime"]).total_seconds() < 0.5 for build in builds)


def test_variables_and_the_directory_are_carried_over_commands_and_phases(bench: Workbench) -> None:
    bench.project(
        "carry",
        {
            "version": "0.2",
            "phases": {
                "pre_build": {
                    "commands": ['PLAIN="two  words\'"', "export EXPORTED=$(printf 'a\\nb')", "mkdir sub && cd sub"]
                },
                "build": {"commands": ['echo "$PLAIN"; echo "$EXPORTED"; basename "$PWD"; sh -c \'echo "$PLAIN"\'']},
                "post_build": {"commands": ["unset PLAIN", 'echo "[${PLAIN-gone}]"']},
            },
        },
    )
    build = bench.wait(bench.start("carry"))
    assert output(bench, build) == ["two  words'", "a", "b", "sub", "two  words'", "[gone]"]


def test_a_command_that_calls_exit_loses_no_variables(bench: Workbench) -> None:
    build = bench.run(["KEPT=1; exit 0", 'echo "kept=$KEPT"'])
    assert output(bench, build) == ["kept=1"]


def test_a_build_whose_shell_cannot_be_started_ends_with_the_reason(bench: Workbench) -> None:
    bench.prefix[:] = ["sh", "-c", "echo 'mount: /etc/hosts: no such view' >&2; exit 32", "--"]
    build = bench.run(["true"])
    assert build["buildStatus"] == "FAULT"
    failed = phase(build, "DOWNLOAD_SOURCE")
    assert failed["phaseStatus"] == "FAULT"
    (context,) = failed["contexts"]
    assert context["statusCode"] == "INTERNAL_SERVICE_ERROR"
    assert "status 32, before any command ran: mount: /etc/hosts: no such view" in context["message"]
    assert names(build)[-2:] == ["FINALIZING", "COMPLETED"]


def test_a_shell_that_goes_under_a_command_ends_the_build(bench: Workbench) -> None:
    bench.prefix[:] = ["timeout", "-s", "KILL", "1"]
    build = bench.run(["echo before", "sleep 60"])
    assert build["buildStatus"] == "FAULT"
    (context,) = phase(build, "BUILD")["contexts"]
    assert context["message"].startswith("Error while executing command: sleep 60. Reason: ")
    assert "POST_BUILD" not in names(build)


def test_version_0_1_isolates_commands(bench: Workbench) -> None:
    build = bench.run(["export LOST=1; mkdir sub; cd sub", 'echo "[$LOST]"; ls'], version="0.1")
    assert output(bench, build) == ["[]", "sub"]


def test_bash_is_used_when_the_buildspec_asks_for_it(bench: Workbench) -> None:
    build = bench.run(["list=(a b); echo ${list[1]}", "[[ a == a ]] && echo bash"], env={"shell": "bash"})
    assert output(bench, build) == ["b", "bash"]


def test_the_first_failing_command_ends_its_phase_and_says_its_last_words(bench: Workbench) -> None:
    build = bench.run(["echo before", "echo it is broken >&2; exit 3", "echo never"])
    assert build["buildStatus"] == "FAILED"
    failed = phase(build, "BUILD")
    assert failed["phaseStatus"] == "FAILED"
    assert failed["contexts"] == [
        {
            "statusCode": "COMMAND_EXECUTION_ERROR",
            "message": "Error while executing command: echo it is broken >&2; exit 3. Reason: exit status 3\n"
            "it is broken",
        }
    ]
    assert "never" not in output(bench, build)


@pytest.mark.parametrize(
    ("failing", "on_failure", "ran"),
    [
        ("install", None, ["install"]),
        ("pre_build", None, ["install", "pre_build"]),
        ("build", None, ["install", "pre_build", "build", "post_build 0"]),
        ("post_build", None, ["install", "pre_build", "build", "post_build 1"]),
        ("build", "ABORT", ["install", "pre_build", "build"]),
        ("install", "CONTINUE", ["install", "pre_build", "build", "post_build 0"]),
    ],
)
def test_what_runs_after_a_failed_phase(bench: Workbench, failing: str, on_failure: str | None, ran: list[str]) -> None:
    phases: dict[str, Any] = {name: {"commands": [f"echo {name}"]} for name in ("install", "pre_build", "build")} | {
        "post_build": {"commands": ['echo "post_build $CODEBUILD_BUILD_SUCCEEDING"']}
    }
    phases[failing]["commands"].append("false")
    if on_failure:
        phases[failing]["on-failure"] = on_failure
    bench.project("fails", {"version": "0.2", "phases": phases})
    build = bench.wait(bench.start("fails"))
    assert build["buildStatus"] == "FAILED"
    assert output(bench, build) == ran
    assert ("UPLOAD_ARTIFACTS" in names(build)) == (ran[-1].startswith("post_build"))


def test_finally_runs_after_a_failure_and_can_fail_the_phase(bench: Workbench) -> None:
    bench.project(
        "ends",
        {
            "version": "0.2",
            "phases": {
                "build": {"commands": ["false"], "finally": ["echo cleaned"]},
                "post_build": {"commands": ["true"], "finally": ["exit 7"]},
            },
        },
    )
    build = bench.wait(bench.start("ends"))
    assert output(bench, build) == ["cleaned"]
    assert "exit status 1" in phase(build, "BUILD")["contexts"][0]["message"]
    assert "exit status 7" in phase(build, "POST_BUILD")["contexts"][0]["message"]


def test_an_override_wins_over_the_project_and_the_project_over_the_buildspec(bench: Workbench) -> None:
    bench.project(
        "strength",
        {
            "version": "0.2",
            "env": {"variables": {"A": "spec", "B": "spec", "C": "spec $HOME"}},
            "phases": {"build": {"commands": ['echo "$A $B $C"']}},
        },
        environment={
            "type": "LINUX_CONTAINER",
            "image": "i",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "A", "value": "project"}, {"name": "B", "value": "project"}],
        },
    )
    build = bench.wait(bench.start("strength", environmentVariablesOverride=[{"name": "A", "value": "override"}]))
    assert output(bench, build) == ["override project spec $HOME"]


def test_secrets_are_read_with_the_builds_role_and_never_shown(bench: Workbench) -> None:
    bench.client("ssm").put_parameter(Name="/shop/token", Value="parameter-value", Type="SecureString")
    bench.client("secretsmanager").create_secret(Name="shop/db", SecretString='{"password": "secret-value"}')
    build = bench.run(
        ['echo "$TOKEN $PASSWORD"', 'echo "$PASSWORD" >&2; exit 1'],
        env={
            "parameter-store": {"TOKEN": "/shop/token"},
            "secrets-manager": {"PASSWORD": "shop/db:password"},
            "exported-variables": ["TOKEN"],
        },
    )
    assert output(bench, build) == ["*** ***", "***"]
    assert "secret-value" not in str(build)
    assert build["exportedEnvironmentVariables"] == []


def test_a_secret_that_cannot_be_read_fails_the_source_phase(bench: Workbench) -> None:
    build = bench.run(["true"], env={"secrets-manager": {"PASSWORD": "nowhere"}})
    (context,) = phase(build, "DOWNLOAD_SOURCE")["contexts"]
    assert context["statusCode"] == "SECRETS_MANAGER_ERROR"
    assert "failed to get secret nowhere" in context["message"]
    assert names(build)[-2:] == ["FINALIZING", "COMPLETED"]


def test_exported_variables_have_the_values_of_the_end(bench: Workbench) -> None:
    build = bench.run(["TAG='a b'", "TAG=$TAG-2"], env={"exported-variables": ["TAG", "NEVER_SET", "AWS_REGION"]})
    assert build["exportedEnvironmentVariables"] == [{"name": "TAG", "value": "a b-2"}]


def test_a_build_has_its_own_home_and_the_credentials_of_its_role(bench: Workbench) -> None:
    build = bench.run(
        [
            'echo "$HOME" "$TMPDIR"; test -w "$HOME" && test -w "$TMPDIR"',
            'test "$AWS_ACCESS_KEY_ID" = ASIAROLEROLEROLEROLE',
            "aws sts get-caller-identity --query Account --output text",
            'python3 -c "import sys, pytest; print(sys.prefix)"',
        ]
    )
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    scratch = str(bench.home.work / "builds" / build["id"].partition(":")[2])
    lines = output(bench, build)
    assert lines[0] == f"{scratch}/home {scratch}/tmp"
    assert lines[1:] == ["123456789012", f"{scratch}/python"]
    ((role, service, session),) = bench.identity.assumed
    assert (role, service) == (ROLE, "codebuild.amazonaws.com")
    assert session == f"AWSCodeBuild-{build['id'].partition(':')[2]}"


def test_codebuilds_own_variables_are_set(bench: Workbench) -> None:
    build = bench.run(["env"])
    lines = output(bench, build)
    for line in (
        f"CODEBUILD_BUILD_ID={build['id']}",
        f"CODEBUILD_BUILD_ARN={build['arn']}",
        "CODEBUILD_BUILD_NUMBER=1",
        "CODEBUILD_BUILD_SUCCEEDING=1",
        "CODEBUILD_CI=true",
        "AWS_DEFAULT_REGION=us-east-1",
        f"AWS_ENDPOINT_URL={bench.home.endpoint_url}",
    ):
        assert line in lines


def test_stopping_a_build_ends_everything_it_started(bench: Workbench, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    bench.project(
        "long",
        {"version": "0.2", "phases": {"build": {"commands": [f"sleep 4242 & echo started > {marker}; sleep 4243"]}}},
    )
    build = bench.start("long")
    bench.until(build, lambda _: marker.exists())
    stopped = bench.codebuild.stop_build(id=build)["build"]
    assert stopped["buildStatus"] == "STOPPED"
    assert phase(stopped, "BUILD")["phaseStatus"] == "STOPPED"
    assert "stopped by arn:aws:iam::123456789012:root" in phase(stopped, "BUILD")["contexts"][0]["message"]
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert ("sleep 4242" in commands, "sleep 4243" in commands) == (os.geteuid() != 0, False)


def test_a_build_that_takes_too_long_is_timed_out(bench: Workbench) -> None:
    bench.project("slow", {"version": "0.2", "phases": {"build": {"commands": ["sleep 60"]}}})
    project = bench.service.machine.store.get("project", "slow")
    assert project
    bench.service.machine.store.put("project", "slow", {**project, "timeoutInMinutes": 0.01})
    began = time.monotonic()
    shown = bench.service.machine.store.get("build", str(bench.start("slow")))
    assert shown
    while not shown["buildComplete"]:
        time.sleep(0.05)
        shown = bench.service.machine.store.get("build", shown["id"])
        assert shown
    assert time.monotonic() - began < 10
    assert shown["buildStatus"] == "TIMED_OUT"
    assert phase(shown, "BUILD")["contexts"][0]["statusCode"] == "BUILD_TIMED_OUT"


def test_a_role_that_does_not_trust_codebuild_fails_the_build(bench: Workbench) -> None:
    bench.identity.untrusted.add(ROLE)
    build = bench.run(["echo never"])
    (context,) = phase(build, "SUBMITTED")["contexts"]
    assert context["statusCode"] == "ACCESS_DENIED"
    assert f"sts:AssumeRole on {ROLE}" in context["message"]


def test_the_log_is_in_cloudwatch_while_the_build_runs(bench: Workbench, tmp_path: Path) -> None:
    go = tmp_path / "go"
    bench.project(
        "live",
        {
            "version": "0.2",
            "phases": {"build": {"commands": [f"echo early; while ! test -f {go}; do sleep 0.05; done; echo late"]}},
        },
    )
    logs = bench.client("logs")
    build = bench.start("live")

    def messages(shown: dict[str, Any]) -> list[str]:
        where = {"logGroupName": shown["logs"]["groupName"], "logStreamName": shown["logs"]["streamName"]}
        try:
            found = logs.get_log_events(**where, startFromHead=True)
        except logs.exceptions.ResourceNotFoundException:
            return []  # the build has only just begun
        return [event["message"] for event in found["events"]]

    running = bench.until(build, lambda shown: "early\n" in messages(shown))
    assert not running["buildComplete"]
    assert running["currentPhase"] == "BUILD"
    go.touch()
    assert "late\n" in messages(bench.wait(build))


def test_pip_install_changes_the_build_and_not_the_project(bench: Workbench, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "shiplinetestpackage.py").write_text("NAME = 'installed'\n")
    (package / "pyproject.toml").write_text(
        '[project]\nname = "shiplinetestpackage"\nversion = "1"\n[build-system]\nrequires = []\n'
        'build-backend = "backend"\nbackend-path = ["."]\n'
    )
    (package / "backend.py").write_text(
        "import zipfile\n"
        "def build_wheel(folder, *rest):\n"
        "    name = 'shiplinetestpackage-1-py3-none-any.whl'\n"
        "    info = 'shiplinetestpackage-1.dist-info'\n"
        "    with zipfile.ZipFile(f'{folder}/{name}', 'w') as wheel:\n"
        "        wheel.write('shiplinetestpackage.py')\n"
        "        metadata = 'Metadata-Version: 2.1\\nName: shiplinetestpackage\\nVersion: 1\\n'\n"
        "        wheel.writestr(f'{info}/METADATA', metadata)\n"
        "        wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        wheel.writestr(f'{info}/RECORD', '')\n"
        "    return name\n"
    )
    install = f"pip install -q --disable-pip-version-check --no-index --no-build-isolation {package}"
    build = bench.run([install, "python3 -c 'import shiplinetestpackage as p; print(p.NAME, p.__file__)'"])
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    (line,) = [line for line in output(bench, build) if line.startswith("installed ")]
    assert str(bench.home.work) in line
