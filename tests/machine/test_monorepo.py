"""Two services in folders of one CodeCommit repository, each with its own pipeline."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, RunningMachine
from tests.machine.delivery import Delivery

pytestmark = pytest.mark.timeout(420)

SERVICES = CHECKOUT / "docs" / "examples" / "monorepo" / "services"
TEXT = "name: {name}\nsource: {{codecommit: acme, folder: services/{name}{more}}}\nenvironments: [live]\n"


@pytest.fixture(scope="module")
def services(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Delivery]:
    """The two examples, each with a cluster of its own and one environment; nothing is pushed yet."""
    clone: Path = tmp_path_factory.mktemp("mono") / "acme"
    made = {}
    for name, more in (("cart", ""), ("search", ", existing: true")):
        folder = clone / "services" / name
        shutil.copytree(SERVICES / name, folder)
        (folder / "pipeline.yaml").write_text(TEXT.format(name=name, more=more))
        made[name] = Delivery(machine, clone, name)
        made[name].deploy("-c", f"service={folder}")
    made["cart"].start_repository("acme")
    return made


def test_each_is_built_from_its_folder_and_released_by_a_push_to_the_one_repository(services: dict[str, Delivery]):
    commit = services["cart"].push("Both services")
    for name, service in services.items():
        execution = service.execution_of(commit)
        assert service.finish(execution) == "Succeeded", service.describe()
        digest = service.release_json(execution)["images"]["web"]["digest"]
        assert service.running_digests("live") == {f"{name}/web": {digest}}


def test_what_has_not_changed_is_not_built_again(services: dict[str, Delivery]):
    commit = services["cart"].push("A new page", {"services/search/app/web/index.html": "<p>found</p>\n"})
    built = {}
    for name, service in services.items():
        execution = service.execution_of(commit)
        assert service.finish(execution) == "Succeeded", service.describe()
        built[name] = service.release_json(execution)["images"]["web"]["built"]
    assert built == {"cart": False, "search": True}


def test_they_go_one_by_one(services: dict[str, Delivery]):
    for name in ("search", "cart"):
        services[name].destroy(services[name].clone / "services" / name)
