"""A Harbor for a module's tests, empty before each, and the deployer's side of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deployer.bump.references import Image
from deployer.harbor.api import Account, Harbor
from tests.support.harbor import FakeHarbor

DIGEST = f"sha256:{'a' * 64}"
ROBOT = {"name": "robot$shop+pull", "secret": "harbor-secret", "id": 7}


class Secrets:
    """Secrets Manager with one secret in it."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        assert SecretId == "shop/pull"
        self.asked += 1
        return {"SecretString": self.text}


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHarbor]:
    made = FakeHarbor(tmp_path_factory.mktemp("harbor"))
    yield made
    made.close()


@pytest.fixture
def fake(served: FakeHarbor) -> FakeHarbor:
    served.held, served.asked, served.broken = {}, [], None
    served.rights = ("artifact", "artifact-addition")
    return served


@pytest.fixture
def harbor(fake: FakeHarbor) -> Harbor:
    return Harbor(fake.host, Account(Secrets(json.dumps(ROBOT)), "shop/pull"), fake.trust)


@pytest.fixture
def image(fake: FakeHarbor) -> Image:
    return Image("web", f"{fake.host}/shop/web", "src-1", DIGEST)


def any_secrets(text: str) -> Any:
    return Secrets(text)
