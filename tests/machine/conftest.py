"""The sample, deployed once to the tests' machine as its team would: `cdk deploy`, a clone, a first push."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery, copy_of_sample


@dataclass(frozen=True)
class Release:
    commit: str
    execution: str
    status: str


@pytest.fixture(scope="session")
def shop(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """The sample's stacks are deployed; nothing has been pushed."""
    clone: Path = copy_of_sample(tmp_path_factory.mktemp("sample") / "shop")
    delivery = Delivery(machine, clone)
    delivery.deploy("-c", f"service={clone}")
    delivery.start_repository()
    return delivery


@pytest.fixture(scope="session")
def first(shop: Delivery) -> Release:
    """The first release, all the way to prod."""
    release = Release(*shop.release("First release"))
    assert release.status == "Succeeded", shop.describe()
    return release
