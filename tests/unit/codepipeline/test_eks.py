"""The EKS action with real roles, and programs called `aws`, `kubectl` and `helm` that tell what they were asked."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.codepipeline.providers.eks import Wrong, command
from local.codepipeline.settings import Settings
from tests.support.engine_rig import BUCKET, Rig, commit, engine_rig, role_arn

PIPELINE = "shop"
GROUP = f"/aws/codepipeline/{PIPELINE}"
LOGS = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
TOLD = '#!/bin/sh\necho "$(basename "$0") $*"\n'
OBJECTS = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
WRITTEN = {
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": [LOGS, f"{LOGS}:*"],
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with engine_rig(tmp_path_factory.mktemp("engine"), Settings(compute_limit=1)) as rig:
        rig.client("s3").create_bucket(Bucket=BUCKET)
        roles = [role_arn(name) for name in ("source", "deploy")]
        take = {"Action": "sts:AssumeRole", "Resource": roles}
        rig.role("pipeline", {"Service": "codepipeline.amazonaws.com"}, take)
        every = {"Action": ["s3:PutObject", "codecommit:*"], "Resource": "*"}
        rig.role("source", {"AWS": role_arn("pipeline")}, every)
        rig.role("deploy", {"AWS": role_arn("pipeline")}, OBJECTS, WRITTEN)
        commit(rig)
        yield rig


@pytest.fixture
def run(shared: Rig) -> Iterator[Callable[..., dict[str, Any]]]:
    """What became of the action with a configuration, in an execution of its own."""

    def ran(programs: dict[str, str] | None = None, **configuration: str) -> dict[str, Any]:
        for name in ("aws", "kubectl", "helm"):
            path = shared.home.tools / "bin" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((programs or {}).get(name, TOLD))
            path.chmod(0o755)
        client = shared.client("codepipeline")
        client.create_pipeline(pipeline=declared(configuration))
        (first,) = client.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
        shared.ended(PIPELINE, first["pipelineExecutionId"])
        return dict(client.list_action_executions(pipelineName=PIPELINE)["actionExecutionDetails"][0])

    yield ran
    shared.client("codepipeline").delete_pipeline(name=PIPELINE)
    shared.rights("deploy", OBJECTS, WRITTEN)


def declared(configuration: dict[str, str]) -> dict[str, Any]:
    def action(name: str, kind: str, role: str, **more: Any) -> dict[str, Any]:
        category, _, provider = kind.partition("/")
        type_id = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        return {"name": name, "actionTypeId": type_id, "roleArn": role_arn(role), **more}

    repository = {"RepositoryName": "shop", "BranchName": "main"}
    source = action(
        "Source", "Source/CodeCommit", "source", configuration=repository, outputArtifacts=[{"name": "Release"}]
    )
    wanted = {"ClusterName": "platform", **configuration}
    deploy = action("Deploy", "Deploy/EKS", "deploy", configuration=wanted, inputArtifacts=[{"name": "Release"}])
    stages = [{"name": "Source", "actions": [source]}, {"name": "dev", "actions": [deploy]}]
    store = {"type": "S3", "location": BUCKET}
    return {
        "name": PIPELINE,
        "roleArn": role_arn("pipeline"),
        "artifactStore": store,
        "pipelineType": "V2",
        "stages": stages,
    }


def error(action: dict[str, Any]) -> tuple[str, str]:
    assert action["status"] == "Failed"
    found = action["output"]["executionResult"]["errorDetails"]
    return found["code"], found["message"]


def logged(rig: Rig, action: dict[str, Any]) -> str:
    stream = action["output"]["executionResult"]["externalExecutionId"]
    events = rig.client("logs").get_log_events(logGroupName=GROUP, logStreamName=stream)["events"]
    return "".join(event["message"] for event in events)


def test_kubectl_applies_the_files_and_the_log_is_where_aws_has_it(shared: Rig, run: Any) -> None:
    action = run(ManifestFiles="README", Namespace="shop-dev")
    assert action["status"] == "Succeeded"
    assert action["output"]["outputVariables"] == {"EKSClusterName": "platform"}
    said = logged(shared, action)
    assert "Running command kubectl apply --namespace shop-dev --filename README" in said
    assert "aws eks update-kubeconfig --name platform\n" in said
    assert "kubectl apply --namespace shop-dev --filename README\n" in said
    assert not list((shared.home.work / "actions").iterdir())


def test_helm_upgrades_a_chart_with_its_values(shared: Rig, run: Any) -> None:
    action = run(HelmReleaseName="web", HelmChartLocation="README", HelmValuesFiles="README, README")
    assert "helm upgrade --install web ./README -f README -f README\n" in logged(shared, action)


def test_a_command_that_fails_says_why(run: Any) -> None:
    broken = '#!/bin/sh\necho "error: no matches for kind Pot" >&2\nexit 1\n'
    code, message = error(run({"kubectl": broken}, ManifestFiles="README"))
    assert code == "JobFailed"
    assert "Code: COMMAND_EXECUTION_ERROR" in message
    assert message.endswith("kubectl apply --filename README. Reason: exit status 1\nerror: no matches for kind Pot")


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ({"ManifestFiles": "README,rendered/dev.yaml"}, "rendered/dev.yaml is not in the input artifact"),
        ({"ManifestFiles": "../README"}, "../README is not a path in the input artifact"),
        ({"ManifestFiles": "/etc/passwd"}, "/etc/passwd is not a path in the input artifact"),
        ({"HelmReleaseName": "web"}, "The configuration needs ManifestFiles"),
        ({"HelmReleaseName": "web", "HelmChartLocation": "chart"}, "chart is not in the input artifact"),
    ],
)
def test_what_the_artifact_does_not_have_is_named(tmp_path: Path, configuration: dict[str, str], told: str) -> None:
    (tmp_path / "README").touch()
    with pytest.raises(Wrong, match=re.escape(told)):
        command(configuration, tmp_path)


def test_a_file_that_is_missing_fails_the_action(run: Any) -> None:
    assert error(run(ManifestFiles="dev.yaml")) == ("ConfigurationError", "dev.yaml is not in the input artifact")


@pytest.mark.parametrize(
    ("left", "missing"), [(WRITTEN, "AccessDenied"), (OBJECTS, "logs:CreateLogStream")], ids=["artifact", "log"]
)
def test_a_missing_right_fails_the_action(shared: Rig, run: Any, left: dict[str, Any], missing: str) -> None:
    shared.rights("deploy", left)
    code, message = error(run(ManifestFiles="README"))
    assert code == "PermissionError"
    assert missing in message


def test_commands_have_the_actions_own_keys_which_no_log_shows(shared: Rig, run: Any, tmp_path: Path) -> None:
    whose = f'#!/bin/sh\necho "$AWS_ENDPOINT_URL $AWS_SECRET_ACCESS_KEY" | tee {tmp_path}/said\n'
    said = logged(shared, run({"kubectl": whose}, ManifestFiles="README"))
    endpoint, secret = (tmp_path / "said").read_text().split()
    assert endpoint == shared.home.endpoint_url
    assert f"{endpoint} ***\n" in said
    assert secret not in said


def test_commands_that_take_too_long_are_ended(run: Any) -> None:
    code, message = error(run({"kubectl": "#!/bin/sh\nsleep 60\n"}, ManifestFiles="README"))
    assert (code, message) == ("JobFailed", "Build terminated with state: TIMED_OUT.")
