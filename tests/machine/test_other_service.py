"""Services that are not the sample: the smallest pipeline.yaml, and a cluster that somebody else has made."""

import json
from pathlib import Path

import pytest

from tests.conftest import RunningMachine
from tests.machine.delivery import Delivery

pytestmark = pytest.mark.timeout(420)

FILES = {
    "pipeline.yaml": "name: notes\nsource: codecommit\nenvironments: [qa, live]\n",
    "app/server/Dockerfile": (
        "ARG BASE_IMAGE=public.ecr.aws/docker/library/python:3.11-slim-bookworm\n"
        "FROM ${BASE_IMAGE}\nCOPY server.py /\nUSER 1000\n"
        'CMD ["python3", "/server.py"]\n'
    ),
    "app/server/server.py": (
        "from http.server import BaseHTTPRequestHandler, HTTPServer\n"
        "class Notes(BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(b'[\"buy milk\"]')\n"
        "HTTPServer(('', 8000), Notes).serve_forever()\n"
    ),
    "manifests/notes.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: notes}
spec:
  selector: {matchLabels: {app: notes}}
  template:
    metadata: {labels: {app: notes}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: server
          image: notes/server:dev
          readinessProbe: {httpGet: {path: /, port: 8000}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: notes}
spec: {selector: {app: notes}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: left-behind}
data: {note: "goes with the release that no longer has it"}
""",
}


def delivered(machine: RunningMachine, clone: Path, files: dict[str, str]) -> Delivery:
    """A service with its stacks deployed, and nothing pushed yet."""
    for name, text in files.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
    delivery = Delivery(machine, clone, clone.name)
    delivery.deploy("-c", f"service={clone}")
    delivery.start_repository()
    return delivery


@pytest.fixture(scope="module")
def notes(machine: RunningMachine, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return delivered(machine, tmp_path_factory.mktemp("notes") / "notes", FILES)


def test_it_is_released_with_no_line_more_and_what_leaves_the_manifests_leaves_the_cluster(notes: Delivery):
    _, execution, status = notes.release("First notes")
    assert status == "Succeeded", notes.describe()
    digest = notes.release_json(execution)["images"]["server"]["digest"]
    for environment in ("qa", "live"):
        assert notes.running_digests(environment) == {"notes/server": {digest}}
    answer = notes.kubectl("get", "--raw", "/api/v1/namespaces/notes-live/services/notes:80/proxy/")
    assert json.loads(answer) == ["buy milk"]

    without = FILES["manifests/notes.yaml"].rpartition("---\n")[0]
    assert notes.release("Leave nothing behind", {"manifests/notes.yaml": without})[2] == "Succeeded"
    names = notes.kubectl("get", "configmaps", "-n", "notes-live", "-o", "name").split()
    assert "configmap/left-behind" not in names


def test_its_stacks_can_be_destroyed(notes: Delivery):
    notes.destroy()


def test_it_is_released_into_a_cluster_that_is_there_which_stays(machine: RunningMachine, tmp_path: Path):
    eks = machine.client("eks")
    machine.make_cluster("platform")
    text = "name: memos\nsource: codecommit\ncluster: {existing: platform}\n"
    text += "environments: [{name: qa, soak: 10s, alarms: [memos-errors]}]\n"
    quiet = {"MetricName": "Errors", "Namespace": "Memos", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    machine.client("cloudwatch").put_metric_alarm(
        AlarmName="memos-errors", Threshold=1, ComparisonOperator="GreaterThanThreshold", **quiet
    )
    text += "scan: {block: high, unscanned: allow}\nsign: true\n"
    manifest = FILES["manifests/notes.yaml"].replace("notes/server", "memos/server")
    memos = delivered(machine, tmp_path / "memos", {**FILES, "pipeline.yaml": text, "manifests/notes.yaml": manifest})
    assert eks.list_clusters()["clusters"].count("memos") == 0
    _, execution, status = memos.release("First memos")
    assert status == "Succeeded", memos.describe()
    digest = memos.release_json(execution)["images"]["server"]["digest"]
    assert memos.running_digests("qa") == {"memos/server": {digest}}
    (signed,) = machine.client("ecr").batch_get_image(
        repositoryName="memos/server", imageIds=[{"imageTag": f"{digest.replace(':', '-')}.sig"}]
    )["images"]
    assert "dev.cosignproject.cosign/signature" in signed["imageManifest"]
    said = memos.action(execution, "qa", "Soak")["output"]["executionResult"]["externalExecutionSummary"]
    assert said.endswith("healthy for 10 s, 1 alarm quiet")
    memos.destroy()
    assert eks.describe_cluster(name="platform")["cluster"]["status"] == "ACTIVE"
    assert eks.list_access_entries(clusterName="platform")["accessEntries"] == []


@pytest.mark.timeout(600)  # two accounts are bootstrapped, and the machine's own end counts, too
def test_it_is_released_to_two_targets_in_two_waves_one_of_them_in_another_account(
    machine: RunningMachine, tmp_path: Path
):
    there = ("111122223333", "eu-central-1")
    machine.bootstrap(*there)
    machine.make_cluster("near")
    machine.make_cluster("far", *there)
    text = f"""\
name: plans
source: codecommit
environments:
  - name: live
    on_failure: stop
    targets:
      - {{cluster: near, namespace: plans-near}}
      - {{cluster: far, account: "{there[0]}", region: {there[1]}, namespace: plans-far, wave: 2}}
"""
    manifest = FILES["manifests/notes.yaml"].replace("notes/server", "plans/server")
    # Of equal images a node tells one name alone.
    server = FILES["app/server/server.py"].replace("buy milk", "plan it")
    files = {**FILES, "pipeline.yaml": text, "manifests/notes.yaml": manifest, "app/server/server.py": server}
    plans = delivered(machine, tmp_path / "plans", files)
    _, execution, status = plans.release("First plans")
    assert status == "Succeeded", plans.describe()
    digest = plans.release_json(execution)["images"]["server"]["digest"]
    for target in ("near", "far"):
        assert plans.running_digests(target) == {"plans/server": {digest}}
    near, far = (plans.action(execution, "live", f"Deploy-{target}") for target in ("near", "far"))
    assert far["startTime"] >= near["lastUpdateTime"]
    told = [(each["number"], each["environment"], each["status"], each["current"]) for each in plans.ledger("live")]
    assert told == [(1, "live/near", "Succeeded", True), (1, "live/far", "Succeeded", True)]

    machine.run("shipline", "hold", "--env", "live", "--reason", "the database moves", cwd=plans.clone)
    read = machine.run("shipline", "history", "--env", "live", "--output", "json", cwd=plans.clone).stdout
    assert [(each["environment"], each["current"], each["held"]["reason"]) for each in json.loads(read)] == [
        ("live/near", 1, "the database moves"),
        ("live/far", 1, "the database moves"),
    ]
    machine.run("shipline", "lift", "--env", "live", cwd=plans.clone)
    plans.destroy()
    left = machine.client("cloudformation", *there).describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in left] == ["CDKToolkit"]
