"""A service that no git push releases: a zip in S3 does, and a new base image in the machine's ECR."""

import base64
import io
import json
import uuid
import zipfile

import docker
import pytest

from local.images import build_environment
from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery
from tests.machine.test_packed_chart import write

pytestmark = pytest.mark.timeout(420)

REPOSITORY = "bakery/python"
BUCKET = "bakery-uploads"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: oven}
spec:
  selector: {matchLabels: {app: oven}}
  template:
    metadata: {labels: {app: oven}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: oven, image: bread/oven}]
"""
FILES = {
    "pipeline.yaml": (
        "name: bread\n"
        f"source: {{s3: {BUCKET}, key: bread/source.zip, base_images: [{{repository: {REPOSITORY}, tag: stable}}]}}\n"
        "environments: [live]\n"
    ),
    "manifests/oven.yaml": MANIFEST,
    "app/oven/Dockerfile": 'ARG BASE_IMAGE=python:3.12\nFROM ${BASE_IMAGE}\nUSER 1000\nCMD ["sleep", "infinity"]\n',
}


def push_base(machine: RunningMachine) -> str:
    """An image like no other under the tag that is watched; its digest."""
    outside = build_environment(machine.home).get("BUILD_ARG_BASE_IMAGE", "public.ecr.aws/docker/library/python:3.11")
    name = f"{machine.home.registry_host}/{REPOSITORY}"
    token = machine.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    password = base64.b64decode(token).decode().removeprefix("AWS:")
    client = docker.DockerClient(base_url=f"unix://{machine.home.engine_socket}", timeout=120)
    try:
        dockerfile = f"FROM {outside}\nLABEL bakery={uuid.uuid4().hex}\n".encode()
        client.images.build(fileobj=io.BytesIO(dockerfile), tag=f"{name}:stable")
        told = client.images.push(name, "stable", auth_config={"username": "AWS", "password": password})
    finally:
        client.close()
    assert "error" not in told, told
    found = machine.client("ecr").describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "stable"}])
    return str(found["imageDetails"][0]["imageDigest"])


def upload(service: Delivery) -> str:
    """The folder as one zip, under the key that is watched; the version's id."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(service.clone.rglob("*")):
            archive.write(path, path.relative_to(service.clone))
    put = service.machine.client("s3").put_object(Bucket=BUCKET, Key="bread/source.zip", Body=buffer.getvalue())
    return str(put["VersionId"])


@pytest.fixture(scope="module")
def bread(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    machine.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="MUTABLE")
    clone = tmp_path_factory.mktemp("bread") / "bread"
    write(clone, FILES)
    delivery = Delivery(machine, clone, "bread")
    delivery.deploy("-c", f"service={clone}")
    return delivery


def test_an_upload_is_released_and_a_new_base_image_is_built_into_the_next_release(
    machine: RunningMachine, bread: Delivery
):
    first = push_base(machine)
    version = upload(bread)
    execution = bread.execution_of(version)
    assert bread.finish(execution) == "Succeeded", bread.describe()
    before = bread.release_json(execution)
    assert (before["commit"], before["branch"]) == (version, f"{BUCKET}/bread/source.zip")
    assert before["bases"] == {"BASE_IMAGE": f"{machine.home.registry_host}/{REPOSITORY}@{first}"}

    second = push_base(machine)
    execution = bread.execution_of(second)
    assert bread.finish(execution) == "Succeeded", bread.describe()
    after = bread.release_json(execution)
    assert after["commit"] == version
    assert after["bases"]["BASE_IMAGE"].endswith(second)
    assert after["images"]["oven"]["built"] is True
    assert after["images"]["oven"]["digest"] != before["images"]["oven"]["digest"]
    assert bread.running_digests("live") == {"bread/oven": {after["images"]["oven"]["digest"]}}
    detail = json.loads(bread.files_of(execution, "Source", "Base-BASE_IMAGE")["imageDetail.json"])
    assert detail["ImageDigest"] == second
    # The first base may have started a release of its own, where the zip came before that one looked for it.
    releases = bread.ledger("live")
    assert len(releases) >= 2
    assert {release["commit"] for release in releases} == {version}


def test_another_zip_without_a_new_base_image_builds_nothing(bread: Delivery):
    (bread.clone / "README.md").write_text("Bread.\n")
    execution = bread.execution_of(upload(bread))
    assert bread.finish(execution) == "Succeeded", bread.describe()
    assert bread.release_json(execution)["images"]["oven"]["built"] is False
