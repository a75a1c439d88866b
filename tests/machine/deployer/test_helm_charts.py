"""What a chart may bring and ask: crds/, lookup, the live server's versions, a schema, vendored dependencies."""

import contextlib
import json

import pytest

from deployer.kube.errors import NotFound
from deployer.outcome import Failed, Succeeded
from deployer.target import Source
from tests.support.charts import chart, helm
from tests.support.desk import until

DELIVERIES = (Source("helm", "charts/operator", "operator"),)
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUPS = {"gadgets": "gadget.example.com", "widgets": "widget.example.com"}


@pytest.fixture
def dev(place, plane):
    yield place(deliveries=DELIVERIES)
    for plural, group in GROUPS.items():
        with contextlib.suppress(NotFound):
            plane.admin.request("DELETE", f"{CRDS}/{plural}.{group}")
    # Definitions go in their own time, and what the server says that it serves after them.
    paths = [path for plural, group in GROUPS.items() for path in (f"{CRDS}/{plural}.{group}", f"/apis/{group}")]
    until(lambda: not any(known(plane, path) for path in paths), 30)


def known(plane, path):
    try:
        plane.admin.get(path)
    except NotFound:
        return False
    return True


def test_definitions_come_first_and_are_left_alone_from_then_on(dev, plane):
    files = chart("operator")
    outcome = dev.release(files)
    assert isinstance(outcome, Succeeded), outcome
    assert dev.get("apis/gadget.example.com/v1/gadgets", "first")["spec"] == {"size": 1}
    assert dev.get("apis/widget.example.com/v1/widgets", "second") is not None
    before = plane.admin.get(f"{CRDS}/gadgets.gadget.example.com")
    assert "labels" not in before["metadata"]
    newer = files["charts/operator/crds/gadget.yaml"].replace("names: {", "names: {shortNames: [gg], ")
    assert isinstance(dev.release({**chart("operator", size=2), "charts/operator/crds/gadget.yaml": newer}), Succeeded)
    after = plane.admin.get(f"{CRDS}/gadgets.gadget.example.com")
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert dev.get("apis/gadget.example.com/v1/gadgets", "first")["spec"] == {"size": 2}
    assert "CustomResourceDefinition" not in helm(dev, "helm4", "get", "manifest", "operator")


def test_a_chart_looks_up_what_the_cluster_holds_and_sees_its_versions_alone(dev):
    assert isinstance(dev.release(chart("operator")), Succeeded)
    first = dev.get("api/v1/secrets", "password")["data"]
    seen = dev.get("api/v1/configmaps", "seen")["data"]
    assert seen == {"kube": "v1.36.3", "old": "false", "apps": "true", "upgrade": "false"}
    assert isinstance(dev.release(chart("operator", size=2)), Succeeded)
    assert dev.get("api/v1/secrets", "password")["data"] == first
    assert dev.get("api/v1/configmaps", "seen")["data"]["upgrade"] == "true"


def test_what_breaks_the_values_schema_is_one_clear_error(dev):
    dev.release(chart("operator"))
    outcome = dev.release(chart("operator", size=0))
    assert isinstance(outcome, Failed)
    assert "at '/size': minimum: got 0, want 1" in outcome.message
    assert "Nothing was changed." in outcome.message


def test_a_dependency_that_is_not_vendored_is_refused(dev):
    dev.release(chart("operator"))
    files = {name: text for name, text in chart("operator").items() if "/charts/agent/" not in name}
    outcome = dev.release(files)
    assert "its dependencies agent are not in its charts/" in outcome.message
    assert "helm dependency build charts/operator" in outcome.message


def test_a_chart_that_the_rest_of_the_release_breaks_installs_nothing(dev):
    dev.release(chart("operator"))
    broken = json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "S"}, "spec": {"ports": []}})
    outcome = dev.release({**chart("operator", size=3), "charts/operator/templates/s.yaml": broken})
    assert isinstance(outcome, Failed)
    assert dev.get("apis/gadget.example.com/v1/gadgets", "first")["spec"] == {"size": 1}
