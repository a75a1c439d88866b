"""A definition is served when it is established and the server tells its kinds, which comes a moment later."""

from typing import Any

import pytest

from deployer import definitions
from deployer.definitions import until_served
from deployer.errors import Unavailable
from deployer.objects import Key, Object

CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
    },
}
ESTABLISHED = {**CRD, "status": {"conditions": [{"type": "Established", "status": "True"}]}}


class Server:
    """Its own discovery: established after `established` looks, told after `told` more."""

    def __init__(self, established: int, told: int) -> None:
        self.looks, self.established = 0, established
        self.asked, self.told = 0, told
        self.resources = self

    def get(self, key: Key) -> Object:
        self.looks += 1
        return ESTABLISHED if self.looks > self.established else CRD

    def refresh(self) -> None:
        self.asked += 1

    def find(self, key: Key) -> object | None:
        assert (key.group, key.version, key.kind) == ("example.com", "v1", "Widget")
        return key if self.asked > self.told else None


def served(server: Any) -> None:
    until_served(server, [CRD])


def test_its_kinds_are_asked_for_until_the_server_tells_them() -> None:
    server = Server(established=2, told=3)
    served(server)
    assert (server.looks, server.asked) == (3, 4)


@pytest.mark.parametrize("server", [Server(10_000, 0), Server(0, 10_000)], ids=["not established", "not told"])
def test_one_that_is_not_served_in_time_may_be_so_later(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "SERVED_WITHIN", 0.1)
    with pytest.raises(Unavailable, match=r"CustomResourceDefinition widgets.example.com: .*does not serve"):
        served(server)
