"""Whether an image is in Harbor, what is told when that cannot be known, and the Secret that pods pull with."""

import base64
import json
import ssl
from typing import Any

import pytest

from deployer.bump.references import Image
from deployer.errors import DeployError, Fatal, Unavailable
from deployer.harbor.api import Account, Harbor
from deployer.harbor.edges import HarborRegistry, PullSecrets
from deployer.redact import Redactor
from tests.support.harbor import Artifact, FakeHarbor
from tests.unit.deployer.harbor.conftest import DIGEST, ROBOT, Secrets


class Vault:
    def secrets(self) -> list[Any]:
        return [{"kind": "Secret", "metadata": {"name": "db"}}]


def test_an_image_is_there_by_its_digest_alone(fake: FakeHarbor, harbor: Harbor, image: Image) -> None:
    fake.hold("shop/web", Artifact(f"sha256:{'b' * 64}", tags=("src-1",)))
    with pytest.raises(Fatal, match=r"image web: Harbor has no localhost:\d+/shop/web@sha256:a+\. It was deleted"):
        HarborRegistry(harbor).check([image])
    fake.hold("shop/web", Artifact(DIGEST))
    HarborRegistry(harbor).check([image])


def test_a_repository_with_slashes_is_escaped_twice(fake: FakeHarbor, harbor: Harbor) -> None:
    fake.hold("shop/team/web", Artifact(DIGEST))
    HarborRegistry(harbor).check([Image("web", f"{fake.host}/shop/team/web", "v1", DIGEST)])
    assert fake.asked == [f"/api/v2.0/projects/shop/repositories/team%252Fweb/artifacts/{DIGEST}"]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (
            (401, {"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}),
            Fatal,
            "answers 401: no. The robot that pulls",
        ),
        ((403, b""), Fatal, "answers 403. The robot that pulls lacks a right"),
        ((429, b""), Unavailable, "answers 429"),
        ((500, {"errors": []}), Unavailable, "answers 500"),
        ((503, b"<html>"), Unavailable, "answers 503"),
        ((302, b""), Fatal, "answers 302"),
        ((200, b"<html>sign in</html>"), Fatal, "answers with no JSON"),
        ((200, []), Fatal, "Harbor has no"),
        ((200, {"digest": "sha256:other"}), Fatal, "Harbor has no"),
    ],
)
def test_what_cannot_be_asked_is_not_there(
    fake: FakeHarbor, harbor: Harbor, image: Image, answer: Any, error: type[DeployError], said: str
) -> None:
    fake.broken = answer
    with pytest.raises(error, match=said) as caught:
        HarborRegistry(harbor).check([image])
    assert ROBOT["secret"] not in str(caught.value)
    assert fake.asked == [fake.asked[0]]


def test_a_certificate_that_nobody_vouches_for_is_no_harbor(fake: FakeHarbor, image: Image) -> None:
    harbor = Harbor(fake.host, Account(Secrets(json.dumps(ROBOT)), "shop/pull"), ssl.create_default_context)
    with pytest.raises(Fatal, match="certificate that is not trusted"):
        HarborRegistry(harbor).check([image])
    assert fake.asked == []


def test_who_does_not_answer_may_answer_later(harbor: Harbor, image: Image) -> None:
    away = Harbor("localhost:1", harbor.account, harbor.tls)
    with pytest.raises(Unavailable, match="localhost:1 does not answer"):
        HarborRegistry(away).check([image])


@pytest.mark.parametrize("text", ["", "harbor-secret", "[]", '{"name": "robot$x"}', '{"name": "", "secret": "s"}'])
def test_a_secret_that_holds_no_robot_is_told_without_its_value(text: str) -> None:
    with pytest.raises(Fatal, match=r"secret shop/pull: It holds no robot of Harbor") as caught:
        _ = Account(Secrets(text), "shop/pull").robot
    assert text == "" or text not in str(caught.value)


def test_pods_pull_with_a_secret_that_no_line_shows() -> None:
    redactor, client = Redactor(), Secrets(json.dumps(ROBOT))
    account = Account(client, "shop/pull", redactor.learn)
    first, pull = PullSecrets(Vault(), "harbor.acme.io", account, "shop-registry").secrets()
    assert first["metadata"]["name"] == "db"
    assert pull["type"] == "kubernetes.io/dockerconfigjson"
    assert pull["metadata"] == {"name": "shop-registry"}
    told = json.loads(base64.b64decode(pull["data"][".dockerconfigjson"]))
    basic = base64.b64encode(b"robot$shop+pull:harbor-secret").decode()
    assert told == {
        "auths": {"harbor.acme.io": {"username": "robot$shop+pull", "password": "harbor-secret", "auth": basic}}
    }
    shown = redactor.clean(f"harbor-secret and {basic}")
    assert "harbor-secret" not in shown
    assert basic not in shown
    assert client.asked == 1
    assert "harbor-secret" not in repr(account.robot)
