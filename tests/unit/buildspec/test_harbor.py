"""The steps where the images go to a Harbor: it is asked, logged in to and pushed to by a robot that nothing shows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harbor import Artifact, FakeHarbor
from tests.unit.buildspec.conftest import Sources

DIGEST = f"sha256:{'cd' * 32}"
PASSWORD = "harbor-secret"
ROBOT = {"name": "robot$shop+push", "secret": PASSWORD, "id": 7, "expires_at": -1}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHarbor]:
    made = FakeHarbor(tmp_path_factory.mktemp("harbor"), robot="robot$shop+push", rights=("artifact",))
    yield made
    made.close()


@pytest.fixture
def harbor(served: FakeHarbor, sources: Sources) -> FakeHarbor:
    """Of the service's sources, whose stand-ins answer for Secrets Manager and the engine."""
    served.held, served.asked, served.broken = {}, [], None
    images = {"web": {"repository": f"{served.host}/shop/web", "context": "app/web", "dockerfile": "Dockerfile"}}
    sources.environ |= {
        "SHIPLINE_IMAGES": json.dumps(images),
        "SHIPLINE_HARBOR": json.dumps({"robot": "shop/push"}),
        "SSL_CERT_FILE": str(served.authority),
    }
    tell_robot(sources, json.dumps(ROBOT))
    sources.answer("build", "echo built")
    sources.answer("push", 'touch "$STAND_IN/pushed"')
    return served


def tell_robot(sources: Sources, text: str) -> None:
    (sources.answers / "robot.json").write_text(json.dumps(text))
    sources.answer("secret", 'cat "$STAND_IN/robot.json"')


def shown(sources: Sources) -> str:
    """All that stays behind of a build but the engine's own standard input."""
    kept = [path for path in sources.root.parent.rglob("*") if path.is_file()]
    given = {sources.answers / "password", sources.answers / "robot.json"}
    return "".join(path.read_text(errors="replace") for path in kept if path not in given)


def test_an_image_is_pushed_and_released_by_harbors_digest(sources: Sources, harbor: FakeHarbor) -> None:
    tag = sources.step("plan").stdout.split(f"{harbor.host}/shop/web:")[1].split()[0]
    harbor.hold("shop/web", Artifact(DIGEST, (tag,), there=(sources.answers / "pushed").exists))
    said = ""
    for step in ("plan", "login", "build", "release"):
        ran = sources.step(step)
        assert ran.returncode == 0, ran.stderr
        said += ran.stdout + ran.stderr
    assert f"docker login --username robot$shop+push --password-stdin {harbor.host}" in sources.asked()
    assert (sources.answers / "password").read_text() == PASSWORD
    assert f"docker push {harbor.host}/shop/web:{tag}" in sources.asked()
    assert not [line for line in sources.asked() if line.startswith("aws ecr")]
    release = json.loads((sources.root / ".shipline/release/release.json").read_text())
    image = {"repository": f"{harbor.host}/shop/web", "tag": tag, "digest": DIGEST, "built": True}
    assert release["images"] == {"web": image}
    assert PASSWORD not in said + shown(sources)


def test_an_image_that_harbor_has_is_neither_built_nor_pushed(sources: Sources, harbor: FakeHarbor) -> None:
    tag = sources.step("plan").stdout.split(f"{harbor.host}/shop/web:")[1].split()[0]
    harbor.hold("shop/web", Artifact(DIGEST, (tag,)))
    for step in ("plan", "login", "build", "release"):
        assert sources.step(step).returncode == 0
    assert not [line for line in sources.asked() if line.startswith("docker")]
    assert harbor.asked[-1] == f"/api/v2.0/projects/shop/repositories/web/artifacts/{tag}"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {"errors": [{"code": "UNAUTHORIZED", "message": "no such robot"}]}), "it answers 401: no such robot"),
        ((403, b""), "it answers 403"),
        ((500, b"<html>"), "it answers 500"),
        ((302, b""), "it answers 302"),
        ((200, b"<html>"), "is no Harbor of API v2.0"),
        ((200, {"digest": "md5:1"}), "it tells md5:1, which is no digest"),
    ],
)
def test_what_harbor_does_not_tell_is_no_image_to_build(
    sources: Sources, harbor: FakeHarbor, answer: tuple[int, object], said: str
) -> None:
    harbor.broken = answer
    ran = sources.step("plan")
    assert ran.returncode == 1
    assert f"cannot ask Harbor about {harbor.host}/shop/web:src-" in ran.stderr
    assert said in ran.stderr
    assert PASSWORD not in ran.stdout + ran.stderr


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    sources: Sources, harbor: FakeHarbor, tmp_path: Path
) -> None:
    del sources.environ["SSL_CERT_FILE"]
    ran = sources.step("plan")
    assert ran.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in ran.stderr
    assert harbor.asked == []


@pytest.mark.parametrize("text", [PASSWORD, "[]", '{"name": "robot$x"}'])
def test_a_secret_that_holds_no_robot_is_told_without_its_value(
    sources: Sources, harbor: FakeHarbor, text: str
) -> None:
    tell_robot(sources, text)
    ran = sources.step("plan")
    assert ran.returncode == 1
    assert "the secret shop/push is not a JSON object of Harbor's for a robot" in ran.stderr
    assert text not in ran.stderr


def test_a_build_without_a_robot_builds_all_and_asks_nobody(sources: Sources, harbor: FakeHarbor) -> None:
    sources.environ["SHIPLINE_HARBOR"] = json.dumps({"robot": ""})
    for step in ("plan", "build"):
        assert sources.step(step).returncode == 0
    assert harbor.asked == []
    assert [line.split()[:2] for line in sources.asked()] == [["docker", "build"]]


def test_without_a_harbor_images_are_ecrs(sources: Sources, harbor: FakeHarbor) -> None:
    del sources.environ["SHIPLINE_HARBOR"]
    ran = sources.step("plan")
    assert ran.returncode == 1
    assert "the repository of the image web is not one of ECR" in ran.stderr
