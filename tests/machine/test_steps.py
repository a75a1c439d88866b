"""A service with steps in front of its build: commands that CodePipeline runs by itself, here, too."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, RunningMachine
from tests.machine.delivery import Delivery

pytestmark = pytest.mark.timeout(480)


@pytest.fixture(scope="module")
def handbook(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """The example with one environment; nothing is pushed yet."""
    clone: Path = tmp_path_factory.mktemp("steps") / "handbook"
    shutil.copytree(CHECKOUT / "docs" / "examples" / "steps", clone)
    text = (clone / "pipeline.yaml").read_text().replace("[dev, prod]", "[live]")
    (clone / "pipeline.yaml").write_text(text)
    made = Delivery(machine, clone, "handbook")
    made.deploy("-c", f"service={clone}")
    made.start_repository()
    return made


def actions(service: Delivery, execution: str) -> dict[str, dict[str, Any]]:
    """Those of the stage Build, by name."""
    told = service.pipeline.list_action_executions(
        pipelineName=service.name, filter={"pipelineExecutionId": execution}
    )["actionExecutionDetails"]
    return {each["actionName"]: each for each in told if each["stageName"] == "Build"}


def test_the_build_gets_what_the_steps_hand_on(handbook: Delivery) -> None:
    _, execution, status = handbook.release("The handbook")
    assert status == "Succeeded", handbook.describe()
    ran = actions(handbook, execution)
    assert {name: each["status"] for name, each in ran.items()} == dict.fromkeys(
        ("spelling", "contents", "Build"), "Succeeded"
    )
    assert ran["contents"]["output"]["outputVariables"] == {"PAGES": "2"}
    (found,) = handbook.machine.client("codebuild").batch_get_projects(names=["handbook-build"])["projects"]
    assert found["environment"]["dockerServer"] == {"computeType": "BUILD_GENERAL1_SMALL"}
    logs = handbook.machine.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/codepipeline/handbook")["logStreams"]
    assert len(streams) == 2


def test_a_step_that_fails_ends_the_release_before_anything_is_built(handbook: Delivery) -> None:
    _, execution, status = handbook.release("A slip", {"pages/first.md": "# First days\nAsk teh others.\n"})
    assert status == "Failed", handbook.describe()
    ran = actions(handbook, execution)
    assert ran.keys() == {"spelling"}
    told = ran["spelling"]["output"]["executionResult"]["errorDetails"]["message"]
    assert "grep -rn 'teh' pages" in told


def test_it_goes_as_a_whole(handbook: Delivery) -> None:
    handbook.destroy()
