"""A service whose own chart the build pushes, signed: each environment is released from ECR, by the digest that the
build has named, and helm gets the very same chart from there."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from local.images import build_prefix
from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery
from tests.machine.test_packed_chart import write
from tests.support.delivery import layer_tools

pytestmark = pytest.mark.timeout(420)

FILES = {
    "pipeline.yaml": (
        "name: almanac\nsource: codecommit\nsign: true\n"
        "environments: [{name: fair, approve: false}, {name: foul, approve: false}]\n"
        'deploy: [{chart: charts/almanac, push: true, values: ["values/{environment}.yaml"]}]\n'
    ),
    "values/fair.yaml": "weather: fair\n",
    "values/foul.yaml": "weather: foul\n",
    "charts/almanac/Chart.yaml": "apiVersion: v2\nname: almanac\nversion: 0.3.0\n",
    "charts/almanac/values.yaml": 'image: {repository: almanac/page, tag: dev, digest: ""}\nweather: unknown\n',
    "charts/almanac/.helmignore": "*.md\n",
    "charts/almanac/notes.md": "no part of it\n",
    "charts/almanac/templates/page.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: page
  labels: {helm.sh/chart: '{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}'}
spec:
  selector: {matchLabels: {app: page}}
  template:
    metadata: {labels: {app: page}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: page
          image: "{{ .Values.image.repository }}@{{ .Values.image.digest }}"
          env: [{name: WEATHER, value: {{ .Values.weather }}}]
""",
    "app/page/Dockerfile": (
        "ARG BASE_IMAGE=public.ecr.aws/docker/library/python:3.11-slim-bookworm\n"
        'FROM ${BASE_IMAGE}\nLABEL page=almanac\nUSER 1000\nCMD ["sleep", "infinity"]\n'
    ),
}


def pulled(machine: RunningMachine, folder: Path, reference: str) -> Path:
    """The chart as helm pulls it, by version, in a build's world."""
    host = machine.home.registry_host
    token = machine.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    password = base64.b64decode(token).decode().removeprefix("AWS:")
    environ = machine.environ | {"HOME": str(folder)}
    path, _, version = reference.rpartition(":")
    for words, given in (
        (("registry", "login", host, "--username", "AWS", "--password-stdin"), password),
        (("pull", f"oci://{host}/{path}", "--version", version, "--untar"), ""),
    ):
        argv = [*build_prefix(machine.home), layer_tools().helm, *words]
        done = subprocess.run(
            argv, cwd=folder, env=environ, input=given, text=True, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / path.rpartition("/")[2]


def test_each_environment_is_released_from_the_chart_that_the_build_has_pushed(machine: RunningMachine, tmp_path: Path):
    clone = tmp_path / "clone"
    write(clone, FILES)
    almanac = Delivery(machine, clone, "almanac")
    almanac.deploy("-c", f"service={clone}")
    almanac.start_repository()
    commit, execution, status = almanac.release("First almanac")
    assert status == "Succeeded", almanac.describe()
    chart = almanac.release_json(execution)["charts"]["almanac"]
    assert chart["version"] == f"0.3.0+{commit[:12]}"

    asked = {"repositoryName": "almanac/charts/almanac", "imageIds": [{"imageTag": chart["tag"]}]}
    (found,) = machine.client("ecr").batch_get_image(**asked)["images"]
    assert found["imageId"]["imageDigest"] == chart["digest"]
    assert f"sha256:{hashlib.sha256(found['imageManifest'].encode()).hexdigest()}" == chart["digest"]
    for environment in ("fair", "foul"):
        namespace = f"almanac-{environment}"
        (release,) = json.loads(machine.run("helm", "list", "-n", namespace, "-o", "json").stdout)
        assert (release["chart"], release["status"]) == (f"almanac-{chart['version']}", "deployed")
        live = json.loads(almanac.kubectl("get", "deployment", "page", "-n", namespace, "-o", "json"))
        assert live["metadata"]["labels"]["helm.sh/chart"] == f"almanac-{chart['tag']}"
        (container,) = live["spec"]["template"]["spec"]["containers"]
        assert container["env"] == [{"name": "WEATHER", "value": environment}]

    folder = pulled(machine, tmp_path, f"almanac/charts/almanac:{chart['version']}")
    assert (folder / "templates/page.yaml").read_text() == FILES["charts/almanac/templates/page.yaml"]
    assert not (folder / "notes.md").exists()
