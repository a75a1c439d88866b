"""A service whose chart is in the machine's ECR: pushed by helm, pulled by the deployer, by its digest."""

import base64
import json
import re
import subprocess
from pathlib import Path

import pytest

from local.images import build_prefix
from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery
from tests.support.delivery import layer_tools

pytestmark = pytest.mark.timeout(420)

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: pages\nversion: 1.2.0\n",
    "values.yaml": 'image: {repository: pages/server, tag: dev, digest: ""}\ncolour: blue\n',
    "templates/pages.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: pages}
spec:
  selector: {matchLabels: {app: pages}}
  template:
    metadata: {labels: {app: pages}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: server
          image: "{{ .Values.image.repository }}@{{ .Values.image.digest }}"
          env: [{name: COLOUR, value: {{ .Values.colour }}}]
""",
}
FILES = {
    "pipeline.yaml": (
        "name: pages\nsource: codecommit\nenvironments: [live]\n"
        "deploy: [{{chart: '{chart}', release: pages, values: [red.yaml]}}]\n"
    ),
    "red.yaml": "colour: red\n",
    "app/server/Dockerfile": (
        "ARG BASE_IMAGE=public.ecr.aws/docker/library/python:3.11-slim-bookworm\n"
        'FROM ${BASE_IMAGE}\nUSER 1000\nCMD ["sleep", "infinity"]\n'
    ),
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def pushed(machine: RunningMachine, folder: Path) -> str:
    """The chart's name with its digest, as `helm push` tells it: its world is a build's, in which ECR is ours."""
    ecr, host = machine.client("ecr"), machine.home.registry_host
    ecr.create_repository(repositoryName="charts/pages")
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    password = base64.b64decode(token).decode().removeprefix("AWS:")
    write(folder / "pages", CHART)

    def helm(*words: str, given: str = "") -> str:
        argv = [*build_prefix(machine.home), layer_tools().helm, *words]
        environ = machine.environ | {"HOME": str(folder)}
        done = subprocess.run(
            argv, cwd=folder, env=environ, input=given, text=True, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    helm("package", "pages")
    helm("registry", "login", host, "--username", "AWS", "--password-stdin", given=password)
    told = helm("push", "pages-1.2.0.tgz", f"oci://{host}/charts")
    digest = re.search(r"sha256:[0-9a-f]{64}", told)
    assert digest, told
    return f"oci://{host}/charts/pages:1.2.0@{digest[0]}"


def test_chart_of_the_registry_is_released_by_its_digest(machine: RunningMachine, tmp_path: Path):
    chart = pushed(machine, tmp_path)
    clone = tmp_path / "clone"
    write(clone, FILES | {"pipeline.yaml": FILES["pipeline.yaml"].format(chart=chart)})
    pages = Delivery(machine, clone, "pages")
    pages.deploy("-c", f"service={clone}")
    pages.start_repository()
    _, execution, status = pages.release("First pages")
    assert status == "Succeeded", pages.describe()
    digest = pages.release_json(execution)["images"]["server"]["digest"]
    live = json.loads(pages.kubectl("get", "deployment", "pages", "-n", "pages-live", "-o", "json"))
    (container,) = live["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(f"/pages/server@{digest}")
    assert container["env"] == [{"name": "COLOUR", "value": "red"}]
    (release,) = json.loads(machine.run("helm", "list", "-n", "pages-live", "-o", "json").stdout)
    assert (release["name"], release["chart"], release["status"]) == ("pages", "pages-1.2.0", "deployed")
