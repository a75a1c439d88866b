"""The stacks of one small service, before and after an edit of its pipeline.yaml, synthesized in process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.planning.deployed import Deployed
from cli.planning.plan import Plan, make_plan
from cli.planning.synthesis import Stack, assembled
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

BEFORE = "name: tiny\nsource: codecommit\nenvironments: [dev, prod]\n"
AFTER = """\
name: tiny
source: {codecommit: tiny, branch: release}
pipeline: {mode: queued}
scan: {block: high}
cluster: {nodes: {type: m6i.xlarge}}
environments:
  - dev
  - {name: eu-west, verify: checks/smoke.yaml}
  - {name: prod, timeout: 12m, other_namespaces: [kube-system]}
"""

Stacks = tuple[Stack, ...]


def made(folder: Path, text: str) -> Stacks:
    service = write_service(folder / "service", text, ("dev", "eu-west", "prod"))
    (service / "checks").mkdir(parents=True)
    (service / "checks" / "smoke.yaml").write_text("version: 0.2\nphases: {build: {commands: ['true']}}\n")
    synthesize(service, folder / "cdk.out", account=ACCOUNT)
    return assembled(folder / "cdk.out")


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    return made(tmp_path_factory.mktemp("before"), BEFORE)


@pytest.fixture(scope="session")
def after(tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    return made(tmp_path_factory.mktemp("after"), AFTER)


@pytest.fixture
def planned() -> Callable[[Stacks, Stacks], Plan]:
    """The plan of a deployment of the second stacks over the first ones."""

    def plan(old: Stacks, new: Stacks) -> Plan:
        there = [Deployed(stack.name, "UPDATE_COMPLETE", stack.template) for stack in old]
        return make_plan(there or [Deployed(stack.name) for stack in new], [stack.template for stack in new])

    return plan
