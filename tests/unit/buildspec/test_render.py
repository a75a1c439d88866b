"""What CodePipeline's EKS action gets to apply: by kubectl's own kustomize, with the release's digests."""

import json
import os
from pathlib import Path

import pytest
import yaml

from local.settings import Home
from tests.unit.buildspec.conftest import HOST, Sources

DIGEST = f"sha256:{'ab' * 32}"
PINNED = f"{HOST}/shop/web@{DIGEST}"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
    - {name: old, image: "999999999999.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1@sha256:%s"}
  containers:
    - {name: web, image: web}
    - {name: path, image: "shop/web:dev"}
    - {name: theirs, image: "other/web:dev"}
""" % ("cd" * 32)


@pytest.fixture
def ready(sources: Sources) -> Sources:
    """Manifests for dev, an overlay for prod, and an image that ECR has."""
    tools = Home.open({**os.environ, "SHIPLINE_HOME": str(sources.answers.parent / "home")}).tools
    sources.environ["PATH"] = f"{sources.environ['PATH'].partition(':')[0]}:{tools / 'bin'}:{sources.environ['PATH']}"
    sources.answer("digest", f"echo {DIGEST}")
    sources.write("manifests/pod.yaml", POD)
    sources.write("overlay/kustomization.yaml", "resources: [../base]\nimages: [{name: web, newName: shop/web}]\n")
    sources.write("base/kustomization.yaml", "resources: [pod.yaml]\nnamePrefix: my-\n")
    sources.write("base/pod.yaml", POD)
    wanted = {"dev": [["manifests", "manifests"]], "prod": [["kustomize", "overlay"]]}
    sources.environ["SHIPLINE_RENDER"] = json.dumps(wanted)
    for step in ("plan", "login", "build"):
        assert sources.step(step).returncode == 0
    return sources


def rendered(sources: Sources, environment: str) -> Path:
    return sources.root / f".shipline/release/rendered/{environment}.yaml"


@pytest.mark.parametrize(("environment", "name"), [("dev", "web"), ("prod", "my-web")])
def test_every_container_gets_the_digest_whatever_stood_there(ready: Sources, environment: str, name: str) -> None:
    ran = ready.step("release")
    assert ran.returncode == 0, ran.stderr
    pod = yaml.safe_load(rendered(ready, environment).read_text())
    assert pod["metadata"]["name"] == name
    assert [each["image"] for each in pod["spec"]["containers"]] == [PINNED, PINNED, "other/web:dev"]
    assert [each["image"] for each in pod["spec"]["initContainers"]] == [PINNED]
    assert f"environment {environment}: rendered/{environment}.yaml is what CodePipeline will apply" in ran.stdout


def test_the_rendered_files_are_part_of_what_is_delivered(ready: Sources) -> None:
    digests = []
    for text in (POD, POD.replace("name: theirs", "name: others")):
        ready.write("manifests/pod.yaml", text)
        assert ready.step("release").returncode == 0
        told = json.loads((ready.root / ".shipline/release/release.json").read_text())
        digests.append(told["delivery"]["digest"])
    assert len(set(digests)) == 2


def test_an_image_that_cannot_be_set_fails_the_build(ready: Sources) -> None:
    ready.write("manifests/more.yaml", "{apiVersion: x.io/v1, kind: Job, metadata: {name: j}, spec: {image: 'web:1'}}")
    ran = ready.step("release")
    assert ran.returncode == 1
    assert f"environment dev: web:1 is not the digest of this release, {PINNED}" in ran.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: Pod\nmetadata: {name: web\n", "environment dev cannot be rendered"),
        ("# nothing\n", "nothing"),
    ],
)
def test_what_is_no_manifest_fails_the_build_with_kubectls_words(ready: Sources, text: str, told: str) -> None:
    ready.write("manifests/pod.yaml", text)
    ran = ready.step("release")
    assert ran.returncode == 1
    assert told in ran.stderr
    assert str(ready.environ["TMPDIR"]) not in ran.stderr


def test_what_is_not_in_the_commit_is_named(ready: Sources) -> None:
    (ready.root / "manifests/pod.yaml").unlink()
    (ready.root / "manifests").rmdir()
    assert "manifests is not in the commit" in ready.step("release").stderr


def test_without_the_variable_nothing_is_rendered(ready: Sources) -> None:
    assert ready.step("release", SHIPLINE_RENDER="").returncode == 0
    assert not rendered(ready, "dev").parent.exists()
