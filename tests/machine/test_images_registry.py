"""Images from `docker login` to the pod: pushed, refused and pulled under their ECR names, told by ECR's API."""

import base64
import contextlib
import json
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import docker
import docker.errors
import pytest

from local.images import build_environment, build_prefix, build_programs
from tests.conftest import RunningMachine

REPOSITORY = "images-test/web"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
PUSH = [*PULL, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]


@dataclass
class Engine:
    machine: RunningMachine
    client: docker.DockerClient
    folder: Path

    @property
    def repository(self) -> str:
        return f"{self.machine.home.registry_host}/{REPOSITORY}"

    def build(self, tag: str) -> None:
        """An image like no other, that serves its own content over HTTP."""
        (self.folder / "content").write_text(f"served {uuid.uuid4().hex}\n")
        base = build_environment(self.machine.home).get(
            "BUILD_ARG_BASE_IMAGE", "public.ecr.aws/docker/library/python:3.11"
        )
        (self.folder / "Dockerfile").write_text(
            f"FROM {base}\nWORKDIR /srv\nCOPY content /srv/\nUSER 10001\n"
            'CMD ["python3", "-u", "-m", "http.server", "8080"]\n'
        )
        self.client.images.build(path=str(self.folder), tag=f"{self.repository}:{tag}")

    def push(self, tag: str, password: str, repository: str = REPOSITORY) -> str:
        """The last status line; docker.errors.APIError or AssertionError with the registry's words."""
        name = f"{self.machine.home.registry_host}/{repository}"
        lines = self.client.images.push(
            name, tag=tag, stream=True, decode=True, auth_config={"username": "AWS", "password": password}
        )
        last = ""
        for line in lines:
            assert "error" not in line, line["error"]
            last = str(line.get("status", last))
        return last


def password(ecr: Any) -> str:
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().removeprefix("AWS:")


@pytest.fixture(scope="module")
def engine(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    machine.client("ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
    client = docker.DockerClient(base_url=f"unix://{machine.home.engine_socket}", timeout=120)
    with contextlib.closing(client):
        yield Engine(machine, client, tmp_path_factory.mktemp("context"))


@pytest.fixture(scope="module")
def pushed(engine: Engine) -> str:
    """The digest that ECR's API gives the image `v1`."""
    engine.build("v1")
    ecr = engine.machine.client("ecr")
    engine.push("v1", password(ecr))
    details = ecr.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "v1"}])["imageDetails"]
    return str(details[0]["imageDigest"])


def role_password(machine: RunningMachine, actions: list[str]) -> str:
    """A registry token of a role that may do `actions` on the test's repository."""
    iam, name = machine.client("iam"), f"images-{uuid.uuid4().hex[:8]}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{machine.home.account}:root"},
        "Action": "sts:AssumeRole",
    }
    arn = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    repository = f"arn:aws:ecr:{machine.home.region}:{machine.home.account}:repository/{REPOSITORY}"
    statements = [
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Effect": "Allow", "Action": actions, "Resource": repository},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="registry", PolicyDocument=document)
    session = machine.client("sts").assume_role(RoleArn=arn["Role"]["Arn"], RoleSessionName="test")["Credentials"]
    return password(
        boto3.client(
            "ecr",
            endpoint_url=machine.home.endpoint_url,
            region_name=machine.home.region,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )
    )


def test_a_push_is_told_by_ecrs_api(engine: Engine, pushed: str) -> None:
    ecr = engine.machine.client("ecr")

    listed = ecr.list_images(repositoryName=REPOSITORY)["imageIds"]
    images = ecr.batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageDigest": pushed}])["images"]

    assert {"imageDigest": pushed, "imageTag": "v1"} in listed
    manifest = json.loads(images[0]["imageManifest"])
    (details,) = ecr.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageDigest": pushed}])["imageDetails"]
    assert details["imageSizeInBytes"] == sum(part["size"] for part in (manifest["config"], *manifest["layers"]))


def test_the_api_refuses_other_bytes_under_an_immutable_tag_too(engine: Engine, pushed: str) -> None:
    ecr = engine.machine.client("ecr")
    (image,) = ecr.batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageDigest": pushed}])["images"]
    other = json.dumps(json.loads(image["imageManifest"]), indent=7)

    with pytest.raises(ecr.exceptions.ImageTagAlreadyExistsException, match="The image tag 'v1' already exists in"):
        ecr.put_image(repositoryName=REPOSITORY, imageManifest=other, imageTag="v1")


def test_the_same_bytes_may_be_pushed_again(engine: Engine, pushed: str) -> None:
    engine.push("v1", password(engine.machine.client("ecr")))

    details = engine.machine.client("ecr").describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "v1"}])
    assert [each["imageDigest"] for each in details["imageDetails"]] == [pushed]


def test_other_bytes_under_an_immutable_tag_are_refused_in_ecrs_words(engine: Engine, pushed: str) -> None:
    engine.build("v1")

    with pytest.raises(
        AssertionError, match="already exists in the 'images-test/web' repository and cannot be overwritten"
    ):
        engine.push("v1", password(engine.machine.client("ecr")))


def test_a_push_to_a_repository_that_is_not_there_is_refused(engine: Engine, pushed: str) -> None:
    name = f"{engine.machine.home.registry_host}/images-test/nowhere"
    engine.client.images.get(f"{engine.repository}:v1").tag(name, "v1")

    with pytest.raises(AssertionError, match="The repository with name 'images-test/nowhere' does not exist"):
        engine.push("v1", password(engine.machine.client("ecr")), "images-test/nowhere")


@pytest.mark.parametrize("token", ["wrong", "eyJ9.00", ""])
def test_a_token_that_ecr_did_not_give_is_refused(engine: Engine, token: str) -> None:
    with pytest.raises(docker.errors.APIError, match=r"401|unauthorized|invalid username/password"):
        engine.client.login("AWS", token or "-", registry=engine.machine.home.registry_host, reauth=True)


def test_a_role_pushes_with_the_rights_to_push(engine: Engine, pushed: str) -> None:
    engine.build("by-a-role")

    engine.push("by-a-role", role_password(engine.machine, PUSH))


def test_a_role_with_the_rights_to_pull_alone_may_not_push(engine: Engine, pushed: str) -> None:
    engine.build("not-by-this-role")

    with pytest.raises(AssertionError, match="is not authorized to perform: ecr:InitiateLayerUpload on resource"):
        engine.push("not-by-this-role", role_password(engine.machine, PULL))


def test_an_image_that_was_deleted_in_ecr_is_not_served(engine: Engine, pushed: str) -> None:
    ecr = engine.machine.client("ecr")
    engine.build("deleted")
    engine.push("deleted", password(ecr))
    ecr.batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "deleted"}])

    account = {"username": "AWS", "password": password(ecr)}
    answers = list(
        engine.client.api.pull(engine.repository, tag="deleted", stream=True, decode=True, auth_config=account)
    )

    assert "Requested image not found" in json.dumps(answers)


def test_the_docker_command_logs_in_builds_and_pushes_in_a_builds_view(engine: Engine, tmp_path: Path) -> None:
    script = (
        'aws ecr get-login-password | docker login --username AWS --password-stdin "$HOST"'
        ' && docker build --quiet --tag "$HOST/$NAME:by-cli" . && docker push "$HOST/$NAME:by-cli"'
        " && getent hosts $HOST"
    )
    machine = engine.machine
    engine.build("context-for-cli")
    environ = {
        **machine.environ,
        **build_environment(machine.home),
        "DOCKER_CONFIG": str(tmp_path),
        "HOST": machine.home.registry_host,
        "NAME": REPOSITORY,
    }
    done = subprocess.run(
        [*build_prefix(machine.home), "sh", "-c", script],
        env=environ, cwd=engine.folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.home.addresses.registry_ip in done.stdout
    assert machine.home.registry_host not in Path("/etc/hosts").read_text()
    machine.client("ecr").describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "by-cli"}])


SECRET_BUILD = """\
FROM {base}
COPY . /context
RUN --mount=type=secret,id=token,required=true test "$(cat /run/secrets/token)" = "$EXPECTED" && date +%N > /built
RUN test ! -s /run/secrets/token && ! grep -r "$EXPECTED" /context /tmp /run /root /etc
"""


@pytest.mark.parametrize("context", ["-", "."])
def test_a_secret_is_seen_by_its_step_alone(engine: Engine, tmp_path: Path, context: str) -> None:
    """The value is neither in the context, nor in a layer, nor in the image's history."""
    machine, value = engine.machine, f"s3cret-{uuid.uuid4().hex}"
    folder = tmp_path / "context"
    folder.mkdir()
    base = build_environment(machine.home).get("BUILD_ARG_BASE_IMAGE", "public.ecr.aws/docker/library/python:3.11")
    # The value goes into the Dockerfile in halves: what is looked for is the whole.
    text = SECRET_BUILD.format(base=base).replace('"$EXPECTED"', f'"{value[:20]}""{value[20:]}"')
    (folder / "Dockerfile").write_text(text)
    (tmp_path / "token").write_text(value)
    tag = f"localhost/secret:{uuid.uuid4().hex[:8]}"
    environ = {**machine.environ, **build_environment(machine.home)}
    environ |= {"PATH": f"{build_programs(machine.home)}:{environ['PATH']}", "DOCKER_CONFIG": str(tmp_path)}
    script = f"tar -c . | docker build --tag {tag} --secret id=token,src={tmp_path / 'token'} {context}"
    done = subprocess.run(
        [*build_prefix(machine.home), "sh", "-c", script],
        env=environ, cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert value not in done.stdout + done.stderr
    image = engine.client.images.get(tag)
    assert value not in json.dumps([image.attrs, image.history()])
    assert value.encode() not in b"".join(image.save())


def test_a_pod_runs_the_image_by_digest_and_is_reached_in_every_way(
    engine: Engine, pushed: str, tmp_path: Path
) -> None:
    machine = engine.machine
    reference = f"{engine.repository}@{pushed}"
    manifest = tmp_path / "pod.json"
    manifest.write_text(json.dumps(pod_and_service(reference)))
    machine.run("kubectl", "apply", "--filename", str(manifest))
    try:
        machine.run("kubectl", "wait", "--for=condition=Ready", "pod/images-test", "--timeout=60s")
        status = json.loads(machine.run("kubectl", "get", "pod", "images-test", "--output", "json").stdout)["status"]
        ask = "import urllib.request as u; print(u.urlopen('http://images-test.default.svc.cluster.local/content').read())"
        by_name = machine.run("kubectl", "exec", "images-test", "--", "python3", "-c", ask).stdout
        logs = machine.run("kubectl", "logs", "images-test").stdout
        forwarded = through_port_forward(machine)
    finally:
        machine.run("kubectl", "delete", "--filename", str(manifest), "--now")

    assert status["containerStatuses"][0]["imageID"] == reference
    assert "served" in by_name
    assert "GET /content" in logs
    assert forwarded.startswith("served")


def pod_and_service(image: str) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": image,
        "readinessProbe": {"httpGet": {"port": 8080}, "periodSeconds": 1},
    }
    metadata = {"name": "images-test", "namespace": "default", "labels": {"app": "images-test"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": "images-test"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [pod, service]}


def through_port_forward(machine: RunningMachine) -> str:
    with subprocess.Popen(
        ["kubectl", "port-forward", "pod/images-test", ":8080"], env=machine.environ, stdout=subprocess.PIPE, text=True
    ) as forward:
        try:
            assert forward.stdout is not None
            port = forward.stdout.readline().split(" -> ")[0].rpartition(":")[2]
            time.sleep(0.1)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/content", timeout=10) as answer:
                return str(answer.read().decode())
        finally:
            forward.terminate()
