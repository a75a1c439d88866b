"""A laptop beside a pipeline: one table numbers both, and what the pipeline keeps in a namespace stays there."""

import base64
import dataclasses
import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from deployer.gates.freeze import Freeze
from deployer.outcome import Outcome, Succeeded
from tests.support.delivery import HOST, Place, config_map, deployment, digest, layer_tools, make_ledger, release_json
from tests.support.desk import BAD_INPUT, Desk, until

KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}
DEFINITION = """\
name: shop
source: codecommit
deploy: [manifests: manifests]
secrets: [api-token]
environments:
  - {name: dev, namespace: DEV}
  - {name: prod, namespace: PROD, approve: false}
"""


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """An account that other processes can call, too."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def pipeline(account: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Place:
    """What the function delivers, from this process; its ledger is the account's table."""
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": account}.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("dynamodb", region_name="us-east-1")
    for table in client.list_tables()["TableNames"]:
        client.delete_table(TableName=table)
    make_ledger()
    return Place(desk.plane, desk.namespace, layer_tools(), environment="dev")


@pytest.fixture
def service(desk: Desk, account: str) -> Desk:
    """The desk of somebody with a pipeline.yaml and credentials."""
    desk.environ |= {**KEYS, "AWS_ENDPOINT_URL": account}
    desk.place = (".", "--env", "dev")
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{desk.namespace}-prod"}}
    desk.plane.admin.request("POST", "/api/v1/namespaces", body=body)
    definition = DEFINITION.replace("DEV", desk.namespace).replace("PROD", f"{desk.namespace}-prod")
    desk.write({"pipeline.yaml": definition, "app/web/Dockerfile": "FROM scratch\n"})
    desk.write({"manifests/web.yaml": deployment(), "manifests/settings.yaml": config_map("settings", colour="blue")})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "api-token"}, "stringData": {"value": "t"}}
    for namespace in (desk.namespace, f"{desk.namespace}-prod"):
        desk.plane.admin.request("POST", f"/api/v1/namespaces/{namespace}/secrets", body=secret)
    return desk


def image(letter: str) -> tuple[str, str]:
    return "--image", f"web={HOST}/shop/web@{digest(letter)}"


def test_laptop_counts_on_in_the_table_of_the_pipeline(pipeline: Place, service: Desk) -> None:
    assert isinstance(released(pipeline, "red"), Succeeded)
    told = service.run("deploy", *image("b"))
    assert "release 2: " in told
    (history,) = service.data("history")
    assert history["ledger"] == "dynamodb/us-east-1/shop-releases"
    assert [each["number"] for each in history["releases"]] == [2, 1]
    assert isinstance(released(pipeline, "green"), Succeeded)
    assert service.colour() == "green"


def test_ledger_in_the_cluster_is_no_substitute_for_the_table(pipeline: Place, service: Desk) -> None:
    released(pipeline, "red")
    for name in (*KEYS, "AWS_ENDPOINT_URL"):
        service.environ.pop(name)
    service.environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": ""}
    told = service.run("deploy", *image("b"), code=BAD_INPUT)
    assert "numbered by the table dynamodb/us-east-1/shop-releases" in told
    assert "AWS_PROFILE" in told
    assert service.colour() == "red"


def test_pipeline_counts_on_where_a_laptop_has_counted(pipeline: Place, desk: Desk) -> None:
    for colour in ("blue", "red", "green"):
        desk.deliver({"settings.yaml": config_map("settings", colour=colour)})
    outcome = released(pipeline, "pink")
    assert isinstance(outcome, Succeeded)
    assert outcome.number == 4
    assert desk.colour() == "pink"


def test_laptop_and_pipeline_exclude_each_other(pipeline: Place, service: Desk) -> None:
    released(pipeline, "blue")
    ended: list[Outcome] = []
    slow = threading.Thread(target=lambda: ended.append(released(pipeline, "red", web=deployment(pod="3"))))
    slow.start()
    until(lambda: service.colour() == "red")
    told = service.run("deploy", *image("b"))
    slow.join()
    assert "waiting for the lock" in told
    assert isinstance(ended[0], Succeeded)
    assert service.colour() == "blue"


def test_hold_of_a_laptop_stops_the_pipeline(pipeline: Place, service: Desk) -> None:
    service.run("deploy", *image("a"))
    service.run("hold", "--reason", "the database moves")
    outcome = released(pipeline, "red")
    assert "the database moves" in str(outcome)
    assert service.colour() == "blue"
    service.run("lift")
    assert isinstance(released(pipeline, "red"), Succeeded)


def test_freeze_stops_what_is_new_until_a_person_lets_it_in(pipeline: Place, service: Desk) -> None:
    released(pipeline, "blue")
    now = dt.datetime.now(dt.UTC)
    frozen = dataclasses.replace(pipeline, freeze=(Freeze(now, now + dt.timedelta(hours=1), "holidays"),))
    new = {"release.json": release_json(commit="beef"), "manifests/settings.yaml": config_map("settings", colour="red")}
    outcome = frozen.release(new)
    assert "frozen until" in str(outcome)
    assert "holidays" in str(outcome)
    assert service.colour() == "blue"
    assert isinstance(released(frozen, "blue"), Succeeded)  # what ran before comes back
    assert "say why" in service.run("lift", "--freeze", code=BAD_INPUT)
    assert "freeze or not" in service.run("lift", "--freeze", "--reason", "CVE-2026-1")
    assert isinstance(frozen.release(new), Succeeded)


def test_secrets_of_the_pipeline_stay_as_they_are(pipeline: Place, service: Desk) -> None:
    service.run("deploy", *image("a"))
    service.run("deploy")
    path = f"/api/v1/namespaces/{service.namespace}/secrets/api-token"
    assert service.plane.admin.get(path)["data"] == {"value": base64.b64encode(b"t").decode()}


def test_promotion_takes_the_images_that_run_in_another_environment(pipeline: Place, service: Desk) -> None:
    service.run("deploy", *image("c"))
    service.place = (".", "--env", "prod")
    assert "nothing runs in prod" in service.run("deploy", code=BAD_INPUT)
    service.run("deploy", "--from", "dev")
    path = f"/apis/apps/v1/namespaces/{service.namespace}-prod/deployments/web"
    container = service.plane.admin.get(path)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == f"{HOST}/shop/web@{digest('c')}"
    service.place = (".",)
    told = service.data("history")
    assert [(each["environment"], each["current"]) for each in told] == [("dev", 1), ("prod", 2)]


def released(pipeline: Place, colour: str, **more: Any) -> Outcome:
    files = {f"manifests/{name}.json": text for name, text in more.items()}
    return pipeline.release({"manifests/settings.yaml": config_map("settings", colour=colour), **files})
