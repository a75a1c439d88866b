from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from local.aws.defaults import write_in_turns
from tests.support.controlplane import ControlPlane, control_plane
from tests.support.delivery import Place, layer_tools, make_ledger, names
from tests.support.desk import Desk, desk_at

_NAMES = names()


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """A real API server with a controller-manager; pods follow their `test/pod` annotation."""
    with control_plane() as running:
        yield running


@pytest.fixture
def place(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Place]]:
    """Makes targets: each a namespace of its own, with a ledger that all share."""
    for name, value in (("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def make(**options: Any) -> Place:
        made = Place(plane, next(_NAMES), layer_tools(), **options)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace}}
        plane.admin.request("POST", "/api/v1/namespaces", body=body)
        return made

    write_in_turns()
    with mock_aws():
        make_ledger()
        yield make


@pytest.fixture
def desk(plane: ControlPlane, tmp_path: Path) -> Desk:
    """Somebody who delivers with the command, into a namespace of their own."""
    return desk_at(plane, tmp_path, f"desk-{next(_NAMES)}")
