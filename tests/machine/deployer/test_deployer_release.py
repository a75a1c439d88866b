"""The straight path on a real API server: apply, no change, change, prune, crash and back."""

import json

from deployer.outcome import Failed, Succeeded
from tests.support.delivery import HOST, config_map, deployment, digest

DEPLOYMENTS, CONFIGS = "apis/apps/v1/deployments", "api/v1/configmaps"


def first(place):
    return place.release({"manifests/web.yaml": deployment(), "manifests/config.yaml": config_map("settings", a="1")})


def test_a_first_release_applies_everything_by_digest_and_says_so(place):
    dev = place()
    outcome = first(dev)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.summary == f"release {outcome.number}: 2 created; not scanned"
    assert outcome.outputs == {"release": str(outcome.number), "scan": "not scanned", "digest_web": digest("a")}
    live = dev.get(DEPLOYMENTS, "web")
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == f"{HOST}/shop/web@{digest('a')}"
    assert live["status"]["availableReplicas"] == 1
    record = dev.record(f"{outcome.number:010d}")
    assert (record["status"], record["commit"], record["scan"]) == ("Succeeded", "c0ffee", "not scanned")
    assert dev.record("current")["number"] == str(outcome.number)


def test_the_same_again_changes_nothing_and_ends_at_once(place):
    dev = place()
    first(dev)
    before = dev.get(DEPLOYMENTS, "web")["metadata"]["resourceVersion"]
    outcome = first(dev)
    assert outcome.summary.endswith("2 unchanged; not scanned")
    assert dev.get(DEPLOYMENTS, "web")["metadata"]["resourceVersion"] == before


def test_a_change_is_applied_and_what_left_the_release_is_deleted(place):
    dev = place()
    first(dev)
    outcome = dev.release({"manifests/web.yaml": deployment(replicas=2)})
    assert outcome.summary.endswith("1 configured, 1 deleted; not scanned")
    assert dev.get(DEPLOYMENTS, "web")["status"]["readyReplicas"] == 2
    assert dev.get(CONFIGS, "settings") is None


def test_a_crash_is_told_with_the_pods_own_reason_and_the_last_release_comes_back(place):
    dev = place()
    good = first(dev)
    crash = {
        "manifests/web.yaml": deployment(pod="crash"),
        "manifests/config.yaml": config_map("settings", a="2"),
        "manifests/more.yaml": config_map("more", b="1"),
    }
    outcome = dev.release(crash)
    assert isinstance(outcome, Failed)
    assert "Deployment web: pod web-" in outcome.message
    assert "CrashLoopBackOff: exit code 3, restarted 3 times" in outcome.message
    assert f"is back at release {good.number}, and healthy" in outcome.message
    live = dev.get(DEPLOYMENTS, "web")
    assert live["spec"]["template"]["metadata"]["annotations"]["test/pod"] == "ready"
    assert live["status"]["availableReplicas"] == 1
    assert dev.get(CONFIGS, "settings")["data"] == {"a": "1"}
    assert dev.get(CONFIGS, "more") is None
    record = dev.record(f"{good.number + 1:010d}")
    assert (record["status"], record["restored"]) == ("Failed", str(good.number))
    assert dev.record("current")["number"] == str(good.number)


def test_after_a_crash_the_pipelines_own_rollback_finds_nothing_to_do_and_the_fix_goes_through(place):
    dev = place()
    good = first(dev)
    dev.release({"manifests/web.yaml": deployment(pod="crash")})
    rollback = first(dev)
    assert rollback.summary.endswith("2 unchanged; not scanned")
    fixed = dev.release(
        {"manifests/web.yaml": deployment(replicas=2), "manifests/c.yaml": config_map("settings", a="3")}
    )
    assert isinstance(fixed, Succeeded)
    assert fixed.number == good.number + 3


def test_a_first_release_that_fails_leaves_its_objects_to_be_looked_at_and_the_next_replaces_them(place):
    dev = place()
    outcome = dev.release({"manifests/web.yaml": deployment(pod="pull"), "manifests/c.yaml": config_map("settings")})
    assert isinstance(outcome, Failed)
    assert "ErrImagePull" in outcome.message
    assert "no earlier release" in outcome.message
    assert dev.get(DEPLOYMENTS, "web") is not None
    fixed = dev.release({"manifests/web.yaml": deployment()})
    assert isinstance(fixed, Succeeded)
    assert dev.get(CONFIGS, "settings") is None


def test_everything_that_the_server_refuses_is_told_at_once_and_nothing_is_written(place):
    dev = place()
    bad = config_map("settings", a="1").replace('"data"', '"dataa"')
    worse = deployment().replace('"replicas": 1', '"replicas": "many"')
    outcome = dev.release({"manifests/a.yaml": bad, "manifests/b.yaml": worse, "manifests/c.yaml": config_map("fine")})
    assert isinstance(outcome, Failed)
    assert "ConfigMap settings" in outcome.message
    assert "Deployment web" in outcome.message
    assert "Nothing was changed" in outcome.message
    assert dev.get(CONFIGS, "fine") is None
    assert dev.record("current") == {}


def test_a_claim_outlives_the_release_that_brought_it(place):
    dev = place()
    claim = (
        '{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},'
        ' "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}'
    )
    dev.release({"manifests/web.yaml": deployment(), "manifests/claim.yaml": claim})
    outcome = first(dev)
    assert "1 skipped" in outcome.summary
    assert dev.get("api/v1/persistentvolumeclaims", "data") is not None


def test_an_object_that_somebody_else_made_is_not_deleted_by_a_way_back(place):
    dev = place()
    first(dev)
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps"
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}, "data": {"x": "1"}}
    dev.plane.admin.request("POST", path, body=theirs)
    files = {"manifests/web.yaml": deployment(pod="crash"), "manifests/theirs.yaml": config_map("theirs", y="2")}
    assert isinstance(dev.release(files), Failed)
    assert dev.get(CONFIGS, "theirs") is not None


def test_a_field_of_another_manager_is_named_and_taken_over_only_on_demand(place):
    dev = place()
    first(dev)
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps/settings"
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "theirs"}}
    query = {"fieldManager": "someone", "force": "true"}
    dev.plane.admin.request("PATCH", path, body=theirs, query=query, content="application/apply-patch+yaml")
    outcome = first(dev)
    assert isinstance(outcome, Failed)
    assert '.data.a (conflict with "someone")' in outcome.message
    assert "force-conflicts" in outcome.message
    mine = json.loads(config_map("settings", a="1"))
    mine["metadata"]["annotations"] = {"shipline.dev/force-conflicts": "true"}
    forced = dev.release({"manifests/web.yaml": deployment(), "manifests/config.yaml": json.dumps(mine)})
    assert isinstance(forced, Succeeded)
    assert dev.get(CONFIGS, "settings")["data"] == {"a": "1"}


def test_a_target_that_says_so_takes_over_whatever_the_release_sets(place):
    dev = place(force_conflicts=True)
    first(dev)
    path = f"/api/v1/namespaces/{dev.namespace}/configmaps/settings"
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "x", "b": "x"}}
    query = {"fieldManager": "someone", "force": "true"}
    dev.plane.admin.request("PATCH", path, body=theirs, query=query, content="application/apply-patch+yaml")
    outcome = first(dev)
    assert isinstance(outcome, Succeeded)
    assert "1 configured" in outcome.summary
    assert dev.get(CONFIGS, "settings")["data"] == {"a": "1", "b": "x"}


def job(command, **annotations):
    pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "tools", "command": [command]}]}
    template = {"metadata": {"annotations": {"test/pod": "done"}}, "spec": pod}
    meta = {"name": "migrate", "annotations": annotations}
    return json.dumps({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template}})


def test_an_immutable_field_is_told_with_the_way_to_replace_the_object_and_replaced_on_demand(place):
    dev = place()
    assert isinstance(dev.release({"manifests/job.yaml": job("one")}), Succeeded)
    outcome = dev.release({"manifests/job.yaml": job("two")})
    assert isinstance(outcome, Failed)
    assert "cannot be changed" in outcome.message
    assert "shipline.dev/recreate" in outcome.message
    note = {"shipline.dev/recreate": "true"}
    assert isinstance(dev.release({"manifests/job.yaml": job("two", **note)}), Succeeded)
    live = dev.get("apis/batch/v1/jobs", "migrate")
    assert live["spec"]["template"]["spec"]["containers"][0]["command"] == ["two"]


def test_a_definition_and_its_first_object_go_in_one_release(place):
    dev = place()
    group = f"{dev.namespace}.example.com"
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": spec,
    }
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "one"}, "size": 1}
    outcome = dev.release({"manifests/a.yaml": json.dumps(thing), "manifests/b.yaml": json.dumps(definition)})
    assert isinstance(outcome, Succeeded), outcome
    assert dev.get(f"apis/{group}/v1/things", "one")["size"] == 1
