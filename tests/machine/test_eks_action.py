"""CodePipeline's EKS action on the machine: real kubectl, as the action's role, with what the build has rendered."""

from typing import Any

import pytest

from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery, wait_for
from tests.machine.test_other_service import FILES, delivered

pytestmark = pytest.mark.timeout(420)

TEXT = "name: specials\nsource: codecommit\ndeployer: eks-action\nenvironments: [{name: dev, on_failure: stop}]\n"
MANIFEST = "manifests/notes.yaml"
CLUSTER_WIDE = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: specials}
rules: []
"""


@pytest.fixture(scope="module")
def specials(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    server = FILES["app/server/server.py"].replace("buy milk", "soup of the day")
    manifest = FILES[MANIFEST].replace("notes/server", "specials/server")
    files = {**FILES, "pipeline.yaml": TEXT, MANIFEST: manifest, "app/server/server.py": server}
    return delivered(machine, tmp_path_factory.mktemp("specials") / "specials", files)


def logged(specials: Delivery, result: dict[str, Any]) -> str:
    group, stream = "/aws/codepipeline/specials", result["externalExecutionId"]
    found = specials.machine.client("logs").get_log_events(logGroupName=group, logStreamName=stream)
    return "".join(event["message"] for event in found["events"])


def test_a_push_reaches_the_environment_by_the_digest_that_was_built(specials: Delivery) -> None:
    _, execution, status = specials.release("First specials")
    assert status == "Succeeded", specials.describe()
    digest = specials.release_json(execution)["images"]["server"]["digest"]
    running = {"specials/server": {digest}}
    wait_for(lambda: specials.running_digests("dev") == running or None, 60, f"pods of {digest}")
    output = specials.action(execution, "dev")["output"]
    assert output["outputVariables"] == {"EKSClusterName": "specials"}
    assert "deployment.apps/notes created\n" in logged(specials, output["executionResult"])


def test_what_cannot_be_applied_fails_the_action_with_kubectls_words(specials: Delivery) -> None:
    manifest = specials.clone / MANIFEST
    wrong = manifest.read_text().replace("labels: {app: notes}", "labels: {app: others}") + CLUSTER_WIDE
    _, execution, status = specials.release("Neither right nor allowed", {MANIFEST: wrong})
    assert status == "Failed"
    result = specials.action(execution, "dev")["output"]["executionResult"]
    assert result["errorDetails"]["code"] == "JobFailed"
    assert "spec.template.metadata.labels: Invalid value" in result["errorDetails"]["message"]
    assert 'clusterroles.rbac.authorization.k8s.io "specials" is forbidden' in logged(specials, result)
    specials.destroy()
