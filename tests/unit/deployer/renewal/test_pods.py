"""Which pod templates say which Secrets' versions, so that a new one restarts their pods and no others."""

from typing import Any

import pytest

from deployer.desired import Desired, Item, Marks
from deployer.objects import Object, key_of
from deployer.render.documents import Document
from deployer.renewal.pods import NOTE, followed, renewed, used_by, versions
from deployer.vault import VERSION

KEY = b"key"
FROM_SECRET = {"name": "PIN", "valueFrom": {"secretKeyRef": {"name": "pin", "key": "value"}}}


def secret(name: str = "pin", version: str = "1", data: str = "MQ==", namespace: str = "ns") -> Object:
    notes = {"annotations": {VERSION: version}} if version else {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, **notes},
        "data": {"value": data},
    }


def workload(kind: str = "Deployment", namespace: str = "ns", **pod: Any) -> Object:
    template = {"metadata": {"annotations": {"own": "note"}}, "spec": {"containers": [{"name": "app", **pod}]}}
    version = "batch/v1" if kind == "Job" else "apps/v1"
    meta = {"name": "web", "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": {"template": template}}


def desired(*objects: Object) -> Desired:
    return Desired(tuple(Item(each, "shipline") for each in objects))


def notes_of(made: Desired, at: int = 0) -> dict[str, str]:
    found: dict[str, str] = made.items[at].object["spec"]["template"]["metadata"]["annotations"]
    return found


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_template_says_the_versions_of_what_its_pods_use_and_keeps_its_own_notes(kind: str) -> None:
    made = followed(desired(workload(kind, env=[FROM_SECRET]), secret(), secret("other")), "ns", KEY)
    assert notes_of(made) == {"own": "note", NOTE: "pin=1"}
    newer = followed(renewed(made, [secret(version="2", data="Mg==")], "ns", KEY), "ns", KEY)
    assert notes_of(newer)[NOTE] == "pin=2"
    assert newer.items[1].object["data"] == {"value": "Mg=="}
    assert newer.items[1] != made.items[1]
    assert newer.items[2] == made.items[2]


@pytest.mark.parametrize(
    "item",
    [workload("Job", env=[FROM_SECRET]), workload(env=[{"name": "PIN", "value": "pin"}]), workload(namespace="else")],
)
def test_what_ends_by_itself_or_uses_none_stays_as_it_is(item: Object) -> None:
    whole = desired(item, secret())
    assert followed(whole, "ns", KEY) == whole


def test_secrets_that_nobody_follows_change_nothing_and_no_document_is_read_for_them() -> None:
    unread = Item.of(
        Document("kind: Deployment", "web.yaml"), Marks({}, {}), key_of(workload()), "shipline", content="c"
    )
    without = Desired((unread, Item(secret(version=""), "shipline")))
    assert followed(without, "ns", KEY) is without
    beside = followed(Desired((unread, Item(secret(), "shipline"))), "ns", KEY)
    assert not beside.items[0].is_read


def test_a_secret_of_another_namespace_or_of_the_manifests_is_left_alone() -> None:
    whole = desired(secret(namespace="else"), secret("mine", version=""))
    assert renewed(whole, [secret(data="Mg=="), secret("mine", version="")], "ns", KEY) == whole


def test_every_way_to_use_one_is_seen() -> None:
    pod = {
        "initContainers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "a"}}}]}],
        "containers": [{"envFrom": [{"secretRef": {"name": "b"}}, {"configMapRef": {"name": "x"}}]}],
        "volumes": [
            {"secret": {"secretName": "c"}},
            {"projected": {"sources": [{"secret": {"name": "d"}}, {"configMap": {"name": "x"}}]}},
            {"emptyDir": {}},
        ],
    }
    assert list(used_by(pod)) == ["a", "b", "c", "d"]


def test_versions_are_those_that_are_said() -> None:
    assert versions([secret(), secret("plain", version="")]) == {"pin": "1"}
