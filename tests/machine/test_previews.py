"""A pull request's preview, from its build to its end: by the projects' own roles, on the real cluster.

No host calls this machine, so the builds are started by hand with what the webhook would say, and the files of the
branch come by a variable; all that follows are the steps and functions that AWS runs.
"""

import base64
import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, RunningMachine
from tests.machine.delivery import Delivery, wait_for
from tests.machine.test_other_service import FILES

pytestmark = pytest.mark.timeout(420)

CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"
TEXT = f"""\
name: ideas
source:
  github: acme/ideas
  connection: {CONNECTION}
  pull_requests: {{preview: {{isolate: false}}}}
secrets: [token]
cluster: {{existing: stage}}
environments: [qa]
"""
FETCH = 'printenv BRANCH_FILES | base64 -d | tar -xz -C "$CODEBUILD_SRC_DIR"'


@pytest.fixture(scope="module")
def ideas(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    subnets = [each["SubnetId"] for each in machine.client("ec2").describe_subnets()["Subnets"][:2]]
    machine.client("eks").create_cluster(
        name="stage",
        roleArn=f"arn:aws:iam::{machine.home.account}:role/platform",
        resourcesVpcConfig={"subnetIds": subnets, "endpointPublicAccess": True},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    )
    clone: Path = tmp_path_factory.mktemp("previews") / "ideas"
    for name, text in {**FILES, "pipeline.yaml": TEXT}.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text.replace("notes/server", "ideas/server").replace("buy milk", "draw it"))
    delivery = Delivery(machine, clone, "ideas")
    delivery.deploy("-c", f"service={clone}")
    return delivery


def packed(folder: Path) -> str:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, ".")
    return base64.b64encode(buffer.getvalue()).decode()


def build(ideas: Delivery, project: str, version: str, **more: Any) -> tuple[str, str]:
    """Status and log of a build that is started by hand."""
    client = ideas.machine.client("codebuild")
    begun = client.start_build(projectName=project, sourceVersion=version, sourceTypeOverride="NO_SOURCE", **more)

    def ended() -> Any:
        (found,) = client.batch_get_builds(ids=[begun["build"]["id"]])["builds"]
        return found if found["buildComplete"] else None

    found = wait_for(ended, 240, f"the end of {project}", lambda: json.dumps(found_phases(client, begun)))
    logs = ideas.machine.client("logs").get_log_events(
        logGroupName=found["logs"]["groupName"], logStreamName=found["logs"]["streamName"], startFromHead=True
    )
    return found["buildStatus"], "\n".join(event["message"] for event in logs["events"])


def found_phases(client: Any, begun: dict[str, Any]) -> Any:
    return client.batch_get_builds(ids=[begun["build"]["id"]])["builds"][0].get("currentPhase")


def deploy(ideas: Delivery, version: str) -> tuple[str, str]:
    spec = (CHECKOUT / "buildspec" / "preview.yaml").read_text()
    own = 'python3 "$SHIPLINE_TOOLS_FILE" own'
    assert own in spec
    files = {"name": "BRANCH_FILES", "value": packed(ideas.clone), "type": "PLAINTEXT"}
    return build(
        ideas,
        "ideas-previews",
        version,
        buildspecOverride=spec.replace(own, FETCH),
        environmentVariablesOverride=[files],
    )


def test_a_preview_is_opened_runs_and_goes_with_its_pull_request(ideas: Delivery):
    status, log = deploy(ideas, "pr/7")
    assert status == "SUCCEEDED", log
    assert "the preview runs in the namespace ideas-pr-7" in log
    answer = ideas.kubectl("get", "--raw", "/api/v1/namespaces/ideas-pr-7/services/notes:80/proxy/")
    assert json.loads(answer) == ["draw it"]
    (used,) = ideas.running_digests("pr-7")
    assert used == "ideas/previews/server"
    labels = json.loads(ideas.kubectl("get", "namespace", "ideas-pr-7", "-o", "json"))["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    assert "secret/token" in ideas.kubectl("get", "secrets", "-n", "ideas-pr-7", "-o", "name").split()
    assert not ideas.kubectl("get", "pods", "-n", "ideas-qa", "-o", "name")

    status, log = build(ideas, "ideas-previews-closed", "pr/7")
    assert status == "SUCCEEDED", log
    deadline = time.monotonic() + 60
    while ideas.kubectl("get", "namespace", "ideas-pr-7", "--ignore-not-found", check=False):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    left = ideas.machine.client("ecr").list_images(repositoryName="ideas/previews/server")["imageIds"]
    assert left == []


def test_a_build_that_is_of_no_pull_request_deploys_nothing(ideas: Delivery):
    status, log = deploy(ideas, "main")
    assert status == "FAILED"
    assert "main is no pull request" in log


def test_its_stacks_go_with_what_is_in_their_repositories(ideas: Delivery):
    ideas.destroy()
