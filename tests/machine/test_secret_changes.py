"""A parameter gets a new value: EventBridge tells the deployer, and the running release's pods come back with it."""

from pathlib import Path

import pytest

from tests.conftest import RunningMachine
from tests.machine.delivery import wait_for
from tests.machine.test_other_service import FILES, delivered

pytestmark = pytest.mark.timeout(420)

PIPELINE = """\
name: vaulted
source: codecommit
cluster: {existing: vaulted-there}
environments: [qa]
secrets:
  pin: {reference: "ssm:/vaulted/{environment}/pin", restart: true}
"""
SERVER = FILES["app/server/server.py"].replace("b'[\"buy milk\"]'", "__import__('os').environ['PIN'].encode()")
CONTAINER = """\
          image: vaulted/server:dev
          env: [{name: PIN, valueFrom: {secretKeyRef: {name: pin, key: value}}}]
"""


def test_pods_get_a_parameters_new_value_without_a_push(machine: RunningMachine, tmp_path: Path):
    ssm = machine.client("ssm")
    ssm.put_parameter(Name="/vaulted/qa/pin", Value="first", Type="SecureString")
    machine.make_cluster("vaulted-there")
    manifest = FILES["manifests/notes.yaml"].replace("          image: notes/server:dev\n", CONTAINER)
    files = {"pipeline.yaml": PIPELINE, "app/server/server.py": SERVER, "manifests/notes.yaml": manifest}
    vaulted = delivered(machine, tmp_path / "vaulted", {**FILES, **files})
    _, _, status = vaulted.release("First")
    assert status == "Succeeded", vaulted.describe()

    def answers(value: str) -> bool | None:
        where = "/api/v1/namespaces/vaulted-qa/services/notes:80/proxy/"
        return vaulted.kubectl("get", "--raw", where, check=False) == value or None

    wait_for(lambda: answers("first"), 20, "the first value", vaulted.describe)
    before = len(vaulted.executions())
    ssm.put_parameter(Name="/vaulted/qa/pin", Value="second", Overwrite=True)
    wait_for(lambda: answers("second"), 120, "the second value", lambda: said(machine))
    assert len(vaulted.executions()) == before


def said(machine: RunningMachine) -> str:
    """The deployer's log."""
    events = machine.client("logs").filter_log_events(logGroupName="/aws/lambda/vaulted-deploy-qa")["events"]
    return "\n".join(event["message"] for event in events)
