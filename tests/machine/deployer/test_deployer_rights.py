"""Who the deployer is and what it may: least privilege is enough, and a missing right is told with its remedy."""

import base64
import json

import boto3
import pytest

from deployer.errors import DeployError
from deployer.outcome import Failed, Succeeded
from deployer.target import Source
from tests.machine.deployer.test_deployer_chart import CHART
from tests.support.controlplane import NOBODY
from tests.support.delivery import config_map, deployment

RBAC = "rbac.authorization.k8s.io/v1"


def allow(place, role="edit"):
    body = {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": "deployer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "User", "name": "nobody"}],
    }
    place.plane.admin.request("POST", f"/apis/{RBAC}/namespaces/{place.namespace}/rolebindings", body=body)


def test_edit_in_one_namespace_is_all_it_needs(place):
    dev = place(token=NOBODY, deliveries=(Source("manifests", "manifests"), Source("helm", "charts/shop", "shop")))
    allow(dev)
    files = {**CHART, "manifests/web.yaml": deployment("api"), "manifests/c.yaml": config_map("c")}
    assert isinstance(dev.release(files), Succeeded)
    failed = dev.release({**files, "manifests/web.yaml": deployment("api", pod="crash")})
    assert isinstance(failed, Failed)
    assert "is back at release" in failed.message


def test_without_any_right_the_error_names_who_lacks_what_and_the_access_entry(place):
    dev = place(token=NOBODY)
    with pytest.raises(DeployError) as caught:
        dev.release({"manifests/web.yaml": deployment()})
    assert caught.value.kind == "PermissionError"
    assert 'User "nobody" cannot get resource "configmaps"' in str(caught.value)
    assert "access entry" in str(caught.value)


def test_one_object_out_of_scope_stops_the_whole_release_before_anything_is_written(place):
    dev = place(token=NOBODY)
    allow(dev)
    role = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": "more"}, "rules": []}
    outcome = dev.release({"manifests/a.yaml": config_map("a"), "manifests/role.yaml": json.dumps(role)})
    assert isinstance(outcome, Failed)
    assert outcome.kind == "PermissionError"
    assert "ClusterRole more" in outcome.message
    assert dev.get("api/v1/configmaps", "a") is None


def test_a_token_that_the_cluster_does_not_know_is_told_as_a_missing_entry(place):
    dev = place(token="unknown")
    with pytest.raises(DeployError) as caught:
        dev.release({"manifests/web.yaml": deployment()})
    assert "has no EKS access entry" in str(caught.value)


def test_a_secret_comes_by_reference_and_is_in_no_log_or_message(place):
    canary = "canary-Zq8!x/+value"
    manager = boto3.client("secretsmanager", region_name="us-east-1")
    made = manager.create_secret(Name="shop/dev/api", SecretString=json.dumps({"token": canary}))
    plain = manager.create_secret(Name="shop/dev/plain", SecretString=canary)
    dev = place(secrets={"api": made["ARN"], "plain": plain["ARN"]})
    assert isinstance(dev.release({"manifests/web.yaml": deployment()}), Succeeded)
    live = dev.get("api/v1/secrets", "api")
    assert base64.b64decode(live["data"]["token"]).decode() == canary
    assert base64.b64decode(dev.get("api/v1/secrets", "plain")["data"]["value"]).decode() == canary
    failed = dev.release({"manifests/web.yaml": deployment(image=f"web:{'x'}", env=[{"name": "T", "value": 5}])})
    bad = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bad"}, "stringData": {"p": {"inner": canary}}}
    refused = dev.release({"manifests/web.yaml": deployment(), "manifests/s.yaml": json.dumps(bad)})
    assert isinstance(failed, Failed)
    assert isinstance(refused, Failed)
    for text in (dev.logged.getvalue(), failed.message, refused.message):
        assert "canary" not in text
        assert base64.b64encode(canary.encode()).decode() not in text
