"""What a release puts beside its own namespace: where it may, waited for and pruned like the rest."""

import json

import pytest

from deployer.outcome import Failed, Succeeded
from tests.support.delivery import config_map, deployment


def at(namespace: str, text: str) -> str:
    item = json.loads(text)
    return json.dumps({**item, "metadata": {**item["metadata"], "namespace": namespace}})


@pytest.fixture
def dev(place):
    """Its `beside` is there already, as other namespaces are."""
    made = place()
    made.plane.admin.request("POST", "/api/v1/namespaces", body={
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{made.namespace}-beside"},
    })  # fmt: skip
    made.other_namespaces = (f"{made.namespace}-beside",)
    return made


def beside(dev, kind, name):
    group = {"configmaps": "api/v1", "deployments": "apis/apps/v1"}[kind]
    found = dev.plane.admin.get(f"/{group}/namespaces/{dev.other_namespaces[0]}/{kind}")["items"]
    return next((each for each in found if each["metadata"]["name"] == name), None)


def test_objects_go_where_the_environment_allows_and_leave_with_the_release(dev):
    (other,) = dev.other_namespaces
    files = {"manifests/web.yaml": deployment(), "manifests/more.yaml": at(other, config_map("more"))}
    assert isinstance(dev.release({**files, "manifests/gone.yaml": at(other, config_map("gone"))}), Succeeded)
    assert beside(dev, "configmaps", "gone") is not None
    assert dev.release(files).summary.endswith("2 unchanged, 1 deleted; not scanned")
    assert beside(dev, "configmaps", "gone") is None
    assert beside(dev, "configmaps", "more") is not None


def test_one_that_is_not_named_is_refused_with_the_remedy(dev):
    refused = dev.release({"manifests/more.yaml": at("kube-system", config_map("more"))})
    assert isinstance(refused, Failed)
    assert "it is for namespace 'kube-system'" in refused.message
    assert "`other_namespaces`" in refused.message


def test_a_pod_that_cannot_heal_there_is_told_with_its_log_and_the_release_goes_back(dev):
    (other,) = dev.other_namespaces
    files = {"manifests/web.yaml": deployment(), "manifests/side.yaml": at(other, deployment("side"))}
    assert isinstance(dev.release(files), Succeeded)
    failed = dev.release({**files, "manifests/side.yaml": at(other, deployment("side", pod="crash"))})
    assert isinstance(failed, Failed)
    assert "Deployment side: pod side-" in failed.message
    assert "exit code 3" in failed.message
    assert f"kubectl get events,pods -n {dev.namespace} (or -n {other})" in failed.message
    pods = beside(dev, "deployments", "side")["spec"]["template"]["metadata"]["annotations"]
    assert pods["test/pod"] == "ready"


def test_an_object_that_is_brought_twice_alike_counts_once_and_otherwise_is_refused(dev):
    same = {"manifests/a.yaml": config_map("a", v="1"), "manifests/b.yaml": config_map("a", v="1")}
    assert "1 created" in dev.release(same).summary
    refused = dev.release({**same, "manifests/b.yaml": config_map("a", v="2")})
    assert isinstance(refused, Failed)
    assert "in the release twice, and not the same both times" in refused.message
    assert dev.get("api/v1/configmaps", "a")["data"] == {"v": "1"}
