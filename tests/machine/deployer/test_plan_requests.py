"""What a release asks of the API server: a LIST a kind, and a word about each object that moved. Nothing else."""

import json
import time

from deployer.outcome import Succeeded
from tests.support.delivery import config_map, deployment
from tests.support.watched import watched

CONFIGS, DEPLOYMENTS = "api/v1/configmaps", "apis/apps/v1/deployments"


def files(count, changed=0):
    made = {f"manifests/c{n:04}.yaml": config_map(f"c{n:04}", v="new" if n < changed else "old") for n in range(count)}
    return {**made, "manifests/web.yaml": deployment()}


def test_a_release_that_changes_nothing_takes_the_lock_and_lists_each_kind_and_that_is_all(place):
    dev = place()
    dev.release(files(20))
    dev.release(files(20))  # remembers what the Deployment's controller wrote meanwhile
    with watched(dev) as (there, asked):
        outcome = there.release(files(20))
        assert isinstance(outcome, Succeeded)
        assert outcome.summary.endswith("21 unchanged; not scanned")
        # The lock's GETs are those of the inventory and its key. Each kind is listed once to plan; nothing is listed to
        # see its health, since the Deployment is at the version at which it was found healthy.
        assert asked.counts == {"discovery": 2, "lock GET": 2, "lock PATCH": 2, "list": 2}


def test_what_moved_since_it_was_found_healthy_is_looked_at_again(place):
    dev = place()
    dev.release(files(5))
    dev.release(files(5))
    path = f"/apis/apps/v1/namespaces/{dev.namespace}/deployments/web/status"
    told = {"status": {"conditions": [{"type": "Reconciling", "status": "False", "reason": "X", "message": "m"}]}}
    dev.plane.admin.request("PATCH", path, body=told, content="application/merge-patch+json")
    with watched(dev) as (there, asked):
        assert isinstance(there.release(files(5)), Succeeded)
        assert asked.counts["list"] == 3


def test_requests_grow_with_what_changed_and_not_with_what_is_there(place):
    def requests(count, changed):
        dev = place()
        dev.release(files(count))
        time.sleep(1.1)  # within one second of a write a dry run's answer does not tell by itself whether it changed
        with watched(dev) as (there, asked):
            assert isinstance(there.release(files(count, changed)), Succeeded)
            return asked.counts

    few, many = requests(10, 5), requests(60, 5)
    assert few == many
    assert (few["dry run"], few["apply"], few["get"], few["list"]) == (5, 5, 0, 3)
    more = requests(60, 25)
    assert (more["dry run"], more["apply"], more["get"], more["list"]) == (25, 25, 0, 3)


def test_a_first_release_creates_each_object_by_one_write(place):
    dev = place()
    with watched(dev) as (there, asked):
        assert isinstance(there.release(files(10)), Succeeded)
        assert (asked.counts["dry run"], asked.counts["apply"], asked.counts["get"]) == (11, 11, 0)


def test_of_many_objects_of_one_shape_only_the_first_is_tried(place):
    dev = place()
    with watched(dev) as (there, asked):
        assert isinstance(there.release(files(120)), Succeeded)
        assert (asked.counts["dry run"], asked.counts["apply"]) == (2, 121)


def test_a_set_that_is_stored_already_is_not_stored_again(place):
    dev = place()
    first = dev.release(files(3))
    second = dev.release(files(3))
    stored = dev.plane.admin.get(f"/api/v1/namespaces/{dev.namespace}/secrets")["items"]
    names = [item["metadata"]["name"] for item in stored]
    assert f"shipline-shop.v{first.number}.0" in names
    assert f"shipline-shop.v{second.number}.0" not in names
    failed = dev.release({**files(3), "manifests/web.yaml": deployment(pod="crash")})
    assert f"back at release {second.number}" in failed.message
    assert dev.get(DEPLOYMENTS, "web")["spec"]["template"]["metadata"]["annotations"]["test/pod"] == "ready"


def test_a_release_that_stored_nothing_can_be_gone_back_to_all_the_same(place):
    dev = place()
    dev.release(files(2))
    same = dev.release(files(2))
    dev.release(files(2, changed=2))
    assert isinstance(dev.release({}, again=same.number), Succeeded)
    assert dev.get(CONFIGS, "c0000")["data"] == {"v": "old"}


def test_drift_is_mended_whoever_made_it(place):
    dev = place()
    dev.release(files(3))
    base = f"/api/v1/namespaces/{dev.namespace}/configmaps"
    merge = "application/merge-patch+json"
    query = {"fieldManager": "shipline"}  # as itself, so that it is drift and no conflict
    dev.plane.admin.request("PATCH", f"{base}/c0000", query=query, body={"data": {"v": "drift"}}, content=merge)
    dev.plane.admin.request("PATCH", f"{base}/c0001", query=query, body={"metadata": {"labels": None}}, content=merge)
    dev.plane.admin.request("DELETE", f"{base}/c0002")
    forced = json.loads(config_map("c0000", v="old"))
    forced["metadata"]["annotations"] = {"shipline.dev/force-conflicts": "true"}
    outcome = dev.release({**files(3), "manifests/c0000.yaml": json.dumps(forced)})
    assert outcome.summary.endswith("1 created, 2 configured, 1 unchanged; not scanned"), outcome
    assert [dev.get(CONFIGS, f"c000{n}")["data"]["v"] for n in range(3)] == ["old", "old", "old"]
    assert dev.get(CONFIGS, "c0001")["metadata"]["labels"]


def test_what_a_controller_writes_is_no_drift_and_what_only_looks_like_it_is_remembered_anew(place):
    dev = place()
    dev.release(files(2))
    base = f"/api/v1/namespaces/{dev.namespace}/configmaps/c0000"
    body = {"metadata": {"annotations": {"somebody/else": "note"}}}
    dev.plane.admin.request("PATCH", base, body=body, content="application/merge-patch+json")
    with watched(dev) as (there, asked):
        assert there.release(files(2)).summary.endswith("3 unchanged; not scanned")
        assert asked.counts["apply"] == 0
        assert asked.counts["dry run"] > 0
        asked.forget()
        assert there.release(files(2)).summary.endswith("3 unchanged; not scanned")
        assert asked.counts["dry run"] == 0


def test_a_deployment_that_somebody_scaled_or_relabelled_is_found(place):
    dev = place()
    dev.release(files(1))
    path = f"/apis/apps/v1/namespaces/{dev.namespace}/deployments/web"
    label = {"metadata": {"labels": {"applyset.kubernetes.io/part-of": None}}}
    dev.plane.admin.request("PATCH", path, body=label, content="application/merge-patch+json")
    assert "1 configured, 1 unchanged" in dev.release(files(1)).summary
    assert "applyset.kubernetes.io/part-of" in dev.get(DEPLOYMENTS, "web")["metadata"]["labels"]


def test_everything_is_tried_on_demand(place):
    dev = place()
    dev.release(files(4))
    with watched(dev) as (there, asked):
        outcome = there.release(files(4), verify_all=True)
        assert outcome.summary.endswith("5 unchanged; not scanned")
        assert asked.counts["apply"] == 0
        assert asked.counts["get"] == 5
