"""In which order objects come, and whose fields become ours, on a real API server."""

import json

from deployer.outcome import Failed, Succeeded
from tests.support.delivery import config_map, deployment
from tests.support.watched import watched

CONFIGS, DEPLOYMENTS = "api/v1/configmaps", "apis/apps/v1/deployments"
MERGE = "application/merge-patch+json"


def in_wave(text, wave):
    item = json.loads(text)
    item["metadata"]["annotations"] = {"shipline.dev/wave": str(wave)}
    return json.dumps(item)


def writes(asked):
    """The names of what was really written, in order."""
    seen = [each for each in asked.proxy.seen if each.method == "PATCH" and "fieldManager" in each.path]
    paths = [each.path.partition("?")[0] for each in seen if "dryRun" not in each.path]
    return [path.rpartition("/")[2] for path in paths if "shipline-shop" not in path]


def test_a_wave_is_healthy_before_the_next_begins(place):
    dev = place()
    files = {
        "manifests/a.yaml": in_wave(deployment("slow", pod="2"), -1),
        "manifests/b.yaml": config_map("middle", v="1"),
        "manifests/c.yaml": in_wave(config_map("last", v="1"), 5),
    }
    with watched(dev) as (there, asked):
        assert isinstance(there.release(files), Succeeded)
        assert writes(asked) == ["slow", "middle", "last"]
    ready = dev.get(DEPLOYMENTS, "slow")["status"]["conditions"]
    available = next(each["lastTransitionTime"] for each in ready if each["type"] == "Available")
    assert dev.get(CONFIGS, "middle")["metadata"]["creationTimestamp"] >= available


def test_a_wave_that_does_not_become_healthy_keeps_the_next_from_beginning(place):
    dev = place()
    dev.release({"manifests/a.yaml": in_wave(deployment("slow"), -1), "manifests/b.yaml": config_map("next", v="1")})
    crash = {
        "manifests/a.yaml": in_wave(deployment("slow", pod="crash"), -1),
        "manifests/b.yaml": config_map("next", v="2"),
        "manifests/c.yaml": config_map("new", v="2"),
    }
    with watched(dev) as (there, asked):
        assert isinstance(there.release(crash), Failed)
        assert "new" not in writes(asked)
    assert dev.get(CONFIGS, "next")["data"] == {"v": "1"}


def test_a_wave_that_is_no_number_is_refused_before_anything_is_written(place):
    dev = place()
    outcome = dev.release({"manifests/a.yaml": in_wave(config_map("a", v="1"), "soon")})
    assert isinstance(outcome, Failed)
    assert "shipline.dev/wave is 'soon', not a whole number" in outcome.message
    assert dev.get(CONFIGS, "a") is None


def test_stages_within_a_wave_are_accounts_config_workloads(place):
    dev = place()
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "account"}}
    files = {
        "manifests/a.yaml": deployment("web"),
        "manifests/b.yaml": config_map("settings", v="1"),
        "manifests/c.yaml": json.dumps(account),
    }
    with watched(dev) as (there, asked):
        there.release(files)
        assert writes(asked) == ["account", "settings", "web"]


def applied_by_kubectl(dev, name, data):
    """What `kubectl apply` of old leaves: a manager of the Update kind, and the annotation of what it applied last."""
    body = json.loads(config_map(name, **data))
    body["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(body)}
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps"
    dev.plane.admin.request("POST", path, query={"fieldManager": "kubectl-client-side-apply"}, body=body)


def test_what_kubectl_applied_is_taken_over_so_that_a_field_removed_later_goes(place):
    dev = place()
    applied_by_kubectl(dev, "old", {"kept": "1", "changed": "1", "left": "1"})
    outcome = dev.release({"manifests/a.yaml": config_map("old", kept="1", changed="2")})
    assert isinstance(outcome, Succeeded), outcome
    live = dev.get(CONFIGS, "old")
    assert live["data"] == {"kept": "1", "changed": "2"}
    assert "kubectl.kubernetes.io/last-applied-configuration" not in live["metadata"].get("annotations", {})
    entries = [(each["manager"], each["operation"]) for each in live["metadata"]["managedFields"]]
    assert entries == [("shipline", "Apply")]


def test_what_people_changed_by_hand_is_told_and_not_taken_over(place):
    dev = place()
    applied_by_kubectl(dev, "old", {"a": "1"})
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps/old"
    query = {"fieldManager": "kubectl-edit"}
    dev.plane.admin.request("PATCH", path, query=query, body={"data": {"a": "hand"}}, content=MERGE)
    outcome = dev.release({"manifests/a.yaml": config_map("old", a="2")})
    assert isinstance(outcome, Failed)
    assert 'conflict with "kubectl-edit"' in outcome.message
    assert dev.get(CONFIGS, "old")["data"] == {"a": "hand"}


def test_a_cluster_wide_object_of_the_release_is_found_again(place):
    dev = place()
    name = f"class-{dev.namespace}"
    wide = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 10}
    files = {"manifests/a.yaml": json.dumps(wide), "manifests/b.yaml": config_map("b", v="1")}
    assert isinstance(dev.release(files), Succeeded)
    assert dev.release(files).summary.endswith("2 unchanged; not scanned")
    assert dev.release({"manifests/b.yaml": config_map("b", v="1")}).summary.endswith(
        "1 unchanged, 1 deleted; not scanned"
    )
