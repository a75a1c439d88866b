"""What a hostile release tries on a real API server: to be quoted, to overreach, to draw on terminals, to flood."""

import json

import pytest

from deployer import completion
from deployer.outcome import Failed
from tests.machine.deployer.test_deployer_rights import allow
from tests.support.controlplane import NOBODY
from tests.support.delivery import config_map, deployment

CANARY = "canary-Zq8x-value"


def secret(**fields):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "wrong"}, **fields}


def pod(**container):
    return json.loads(deployment("wrong", **container))


def config(data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "wrong"}, "data": data}


def labelled(value):
    found = pod(env=[{"name": "A", "value": CANARY}])
    found["spec"]["template"]["metadata"]["labels"] = value
    return found


WRONG = {
    "a mapping in stringData": secret(stringData={"p": {"inner": CANARY}}),
    "a list in stringData": secret(stringData={"p": [CANARY]}),
    "data that is no base64": secret(data={"p": CANARY}),
    "a type that is no text": secret(stringData={"p": CANARY}, type={"no": CANARY}),
    "variables that are a mapping": pod(env={"PASSWORD": CANARY}),
    "a variable's value that is a mapping": pod(env=[{"name": "PASSWORD", "value": {"inner": CANARY}}]),
    "a variable's value that is a list": pod(env=[{"name": "PASSWORD", "value": [CANARY]}]),
    "a variable twice": pod(env=[{"name": "P", "value": CANARY}, {"name": "P", "value": f"{CANARY}-2"}]),
    "a variable with two sources": pod(
        env=[{"name": "P", "value": CANARY, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    ),
    "arguments that are a mapping": pod(args={"--password": CANARY}),
    "a command of mappings": pod(command=[{"password": CANARY}]),
    "a config map's list": config({"a.ini": [f"password = {CANARY}"]}),
    "a whole file in a config map": config([f"password = {CANARY}"]),
    "labels that are a text": labelled("no labels"),
}


@pytest.mark.parametrize("shape", WRONG)
def test_an_api_error_of_any_object_quotes_no_value_that_may_be_a_secret(place, shape):
    dev = place()
    outcome = dev.release({"manifests/wrong.yaml": json.dumps(WRONG[shape])})
    assert isinstance(outcome, Failed), outcome
    assert "wrong" in outcome.message
    for text in (outcome.message, dev.logged.getvalue(), json.dumps(dev.record("current"))):
        assert "Zq8x" not in text


RBAC, ADMISSION = "rbac.authorization.k8s.io/v1", "admissionregistration.k8s.io/v1"
REF = {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}}
OUT_OF_SCOPE = (
    ("v1", "Namespace", {}),
    ("v1", "PersistentVolume", {"spec": {"capacity": {"storage": "1Gi"}, "hostPath": {"path": "/"}}}),
    (RBAC, "Role", {"rules": []}),
    (RBAC, "RoleBinding", REF),
    (RBAC, "ClusterRole", {"rules": []}),
    (RBAC, "ClusterRoleBinding", REF),
    (ADMISSION, "ValidatingWebhookConfiguration", {"webhooks": []}),
    (ADMISSION, "MutatingWebhookConfiguration", {"webhooks": []}),
    ("storage.k8s.io/v1", "StorageClass", {"provisioner": "x"}),
    ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": {"group": "x.example.com"}}),
)


@pytest.mark.parametrize(("version", "kind", "more"), OUT_OF_SCOPE, ids=[each[1] for each in OUT_OF_SCOPE])
def test_a_kind_out_of_the_identitys_scope_stops_the_release_before_anything_is_written(place, version, kind, more):
    dev = place(token=NOBODY)
    allow(dev)
    item = {"apiVersion": version, "kind": kind, "metadata": {"name": f"far-{dev.namespace}"}, **more}
    outcome = dev.release({"manifests/a.yaml": config_map("a", v="1"), "manifests/far.yaml": json.dumps(item)})
    assert isinstance(outcome, Failed)
    assert outcome.kind == "PermissionError", outcome
    assert kind in outcome.message
    assert "access entry" in outcome.message
    assert dev.get("api/v1/configmaps", "a") is None


@pytest.mark.parametrize("name", ["red\x1b[31mname", "line\nbreak", "bell\x07", "c1\x9b31m", "../../secrets/x"])
def test_names_with_control_characters_reach_no_terminal_and_no_other_path(place, name):
    dev = place()
    outcome = dev.release(
        {"manifests/a.yaml": json.dumps({**json.loads(config_map("a", v="1")), "metadata": {"name": name}})}
    )
    assert isinstance(outcome, Failed)
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(outcome.message)
    for line in dev.logged.getvalue().splitlines():
        assert json.loads(line)["event"]
    assert not {"\x1b", "\x07", "\x9b"} & set(dev.logged.getvalue())


def test_more_objects_than_a_release_may_have_are_refused(place, monkeypatch):
    monkeypatch.setattr(completion, "MOST_OBJECTS", 3)
    dev = place()
    outcome = dev.release({f"manifests/{name}.yaml": config_map(name, v="1") for name in "abcd"})
    assert isinstance(outcome, Failed)
    assert "the release has 4 objects, over 3" in outcome.message
    assert dev.get("api/v1/configmaps", "a") is None
