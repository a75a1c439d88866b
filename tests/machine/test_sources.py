"""A service whose releases begin with more than a push: a new base image in the machine's ECR has it built anew."""

import base64
import io
import json
import uuid

import docker
import pytest

from local.images import build_environment
from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery
from tests.machine.test_packed_chart import write

pytestmark = pytest.mark.timeout(420)

REPOSITORY = "bakery/python"
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
        f"source: {{codecommit: bread, base_images: [{{repository: {REPOSITORY}, tag: stable}}]}}\n"
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


@pytest.fixture(scope="module")
def bread(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    machine.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="MUTABLE")
    clone = tmp_path_factory.mktemp("bread") / "bread"
    write(clone, FILES)
    delivery = Delivery(machine, clone, "bread")
    delivery.deploy("-c", f"service={clone}")
    delivery.start_repository()
    return delivery


def test_a_new_base_image_is_built_into_a_new_release(machine: RunningMachine, bread: Delivery):
    first = push_base(machine)
    commit, execution, status = bread.release("First bread")
    assert status == "Succeeded", bread.describe()
    before = bread.release_json(execution)
    assert before["bases"] == {"BASE_IMAGE": f"{machine.home.registry_host}/{REPOSITORY}@{first}"}

    second = push_base(machine)
    assert second != first
    execution = bread.execution_of(second)
    assert bread.finish(execution) == "Succeeded", bread.describe()
    after = bread.release_json(execution)
    assert after["commit"] == before["commit"] == commit
    assert after["bases"]["BASE_IMAGE"].endswith(second)
    assert after["images"]["oven"]["built"] is True
    assert after["images"]["oven"]["digest"] != before["images"]["oven"]["digest"]
    assert bread.running_digests("live") == {"bread/oven": {after["images"]["oven"]["digest"]}}
    detail = json.loads(bread.files_of(execution, "Source", "Base-BASE_IMAGE")["imageDetail.json"])
    assert detail["ImageDigest"] == second


def test_a_release_without_a_new_base_image_builds_nothing(bread: Delivery):
    _, execution, status = bread.release("Words alone", {"README.md": "Bread.\n"})
    assert status == "Succeeded", bread.describe()
    assert bread.release_json(execution)["images"]["oven"]["built"] is False
