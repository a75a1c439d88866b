"""What the API server refuses, and what is told of it with the next step: one test for each."""

import dataclasses
import json

import pytest

from deployer.kube.client import Endpoint, Kube
from deployer.outcome import Failed, Succeeded
from tests.machine.deployer.test_deployer_rights import RBAC
from tests.support.controlplane import NOBODY, TOKEN, ControlPlane
from tests.support.delivery import config_map, deployment

CONFIGS = "api/v1/configmaps"


class Impatient(ControlPlane):
    def kube(self, token: str = TOKEN) -> Kube:
        return Kube(Endpoint(self.url, self.ca, "the test"), lambda renew=False: token, patience=2.0)


def post(dev, path, **body):
    dev.plane.admin.request("POST", path, body=body)


def statefulset(**spec):
    labels = {"app": "db"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "db", "image": "db"}]}}
    whole = {"serviceName": "db", "selector": {"matchLabels": labels}, "template": template, **spec}
    return json.dumps({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": whole})


def test_a_quota_that_is_used_up_is_told_with_what_to_do(place):
    dev = place()
    path = f"/api/v1/namespaces/{dev.namespace}/resourcequotas"
    post(dev, path, apiVersion="v1", kind="ResourceQuota", metadata={"name": "q"}, spec={"hard": {"configmaps": "2"}})
    outcome = dev.release({f"manifests/{n}.yaml": config_map(f"c{n}", v="1") for n in range(3)})
    assert isinstance(outcome, Failed)
    assert "quota is used up" in outcome.message
    assert "Raise the ResourceQuota" in outcome.message


def test_a_webhook_that_is_down_is_named(place):
    dev = place()
    hook = {
        "name": "down.example.com",
        "clientConfig": {"url": "https://127.0.0.1:9/down"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["services"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": dev.namespace}},
    }
    where = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    meta = {"name": f"down-{dev.namespace}"}
    body = {"kind": "ValidatingWebhookConfiguration", "metadata": meta, "webhooks": [hook]}
    post(dev, where, apiVersion="admissionregistration.k8s.io/v1", **body)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    impatient = Impatient(*(getattr(dev.plane, field.name) for field in dataclasses.fields(dev.plane)))
    outcome = dataclasses.replace(dev, plane=impatient).release({"manifests/s.yaml": json.dumps(service)})
    dev.plane.admin.request("DELETE", f"{where}/down-{dev.namespace}")
    assert isinstance(outcome, Failed)
    assert "the webhook down.example.com did not answer" in outcome.message


def test_a_namespace_that_is_being_deleted_is_told(place):
    dev = place()
    post(dev, f"/api/v1/namespaces/{dev.namespace}/configmaps", metadata={"name": "x", "finalizers": ["a.b/c"]})
    dev.release({"manifests/a.yaml": config_map("a", v="1")})
    dev.plane.admin.request("DELETE", f"/api/v1/namespaces/{dev.namespace}")
    try:
        outcome = dev.release({"manifests/a.yaml": config_map("a", v="1"), "manifests/b.yaml": config_map("b", v="1")})
    finally:
        body = {"metadata": {"finalizers": None}}
        path = f"/api/v1/namespaces/{dev.namespace}/configmaps/x"
        dev.plane.admin.request("PATCH", path, body=body, content="application/merge-patch+json")
    assert isinstance(outcome, Failed)
    assert "the namespace is being deleted" in outcome.message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (statefulset(replicas=0), statefulset(replicas=0, podManagementPolicy="Parallel")),
        (
            json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "i"}, "immutable": True}),
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "i"},
                    "immutable": True,
                    "data": {"a": "1"},
                }
            ),
        ),
    ],
    ids=["a stateful set's spec", "an immutable config map"],
)
def test_a_field_that_never_changes_is_told_and_replaced_on_demand(place, first, second):
    dev = place()
    dev.release({"manifests/a.yaml": first})
    outcome = dev.release({"manifests/a.yaml": second})
    assert isinstance(outcome, Failed)
    assert "cannot be changed" in outcome.message
    opted = json.loads(second)
    opted["metadata"]["annotations"] = {"shipline.dev/recreate": "true"}
    assert isinstance(dev.release({"manifests/a.yaml": json.dumps(opted)}), Succeeded)


def test_a_mistake_is_not_taken_for_an_immutable_field(place):
    dev = place()
    dev.release({"manifests/web.yaml": deployment()})
    bad = json.loads(deployment())
    bad["spec"]["strategy"] = {"type": "Sideways"}
    bad["metadata"]["annotations"] = {"shipline.dev/recreate": "true"}
    uid = dev.get("apis/apps/v1/deployments", "web")["metadata"]["uid"]
    assert isinstance(dev.release({"manifests/web.yaml": json.dumps(bad)}), Failed)
    assert dev.get("apis/apps/v1/deployments", "web")["metadata"]["uid"] == uid


def test_an_object_that_vanishes_between_plan_and_apply_is_made_again(place):
    dev = place()
    files = {"manifests/a.yaml": config_map("a", v="1"), "manifests/b.yaml": config_map("b", v="1")}
    dev.release(files)
    changed = {"manifests/a.yaml": config_map("a", v="2"), "manifests/b.yaml": config_map("b", v="1")}

    def vanish(planned):
        dev.plane.admin.request("DELETE", f"/api/v1/namespaces/{dev.namespace}/configmaps/a")

    assert isinstance(dev.release(changed, planned=vanish), Succeeded)
    assert dev.get(CONFIGS, "a")["data"] == {"v": "2"}


def test_an_object_that_is_on_its_way_out_is_seen_gone_and_made_again(place):
    dev = place()
    dev.release({"manifests/a.yaml": config_map("a", v="1")})
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps/a"
    merge = "application/merge-patch+json"
    dev.plane.admin.request("PATCH", path, body={"metadata": {"finalizers": ["a.b/c"]}}, content=merge)
    dev.plane.admin.request("DELETE", path)
    old = dev.get(CONFIGS, "a")["metadata"]["uid"]

    def let_go(planned):
        dev.plane.admin.request("PATCH", path, body={"metadata": {"finalizers": None}}, content=merge)

    assert isinstance(dev.release({"manifests/a.yaml": config_map("a", v="1")}, planned=let_go), Succeeded)
    assert dev.get(CONFIGS, "a")["metadata"]["uid"] != old


def test_who_may_read_each_object_but_list_none_is_told_which_right_is_missing(place):
    dev = place(token=NOBODY)
    rules = [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get", "create", "update", "patch"]},
    ]
    role = {"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "narrow"}, "rules": rules}
    bound = {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": "narrow"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "narrow"},
        "subjects": [{"kind": "User", "name": "nobody"}],
    }
    base = f"/apis/{RBAC}/namespaces/{dev.namespace}"
    post(dev, f"{base}/roles", **role)
    post(dev, f"{base}/rolebindings", **bound)
    outcome = dev.release({"manifests/a.yaml": config_map("a", v="1")})
    assert isinstance(outcome, Failed)
    assert outcome.kind == "PermissionError"
    assert "may not list configmaps" in outcome.message
    assert "needs get, list, create, patch and delete for configmaps" in outcome.message
