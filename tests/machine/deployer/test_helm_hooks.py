"""Hooks run at their moments, in their order, once; a killed deployer goes on with the one that runs."""

import json

import pytest

from deployer.budget import Budget
from deployer.helm.chart import Chart, Hook
from deployer.helm.hooks import Hooks
from deployer.outcome import Continue, Failed, Succeeded
from deployer.target import Source
from tests.support.charts import chart, helm
from tests.support.delivery import config_map

DELIVERIES = (Source("helm", "charts/shop", "shop"),)
JOBS, CONFIG_MAPS, DEPLOYMENTS = "apis/batch/v1/jobs", "api/v1/configmaps", "apis/apps/v1/deployments"


@pytest.fixture
def dev(place):
    return place(deliveries=DELIVERIES)


def ran(dev):
    """The jobs of hooks that ended well, in the order in which they were made."""
    jobs = dev.plane.admin.get(f"/apis/batch/v1/namespaces/{dev.namespace}/jobs")["items"]
    done = [job["metadata"] for job in jobs if (job.get("status") or {}).get("succeeded")]
    return [meta["name"] for meta in sorted(done, key=lambda meta: int(meta["resourceVersion"]))]


def last_runs(dev):
    hooks = json.loads(helm(dev, "helm4", "status", "shop", "-o", "json"))["hooks"]
    return {hook["name"]: hook["last_run"] for hook in hooks}


def finish(dev, job):
    """The pods of a job that runs end well."""
    path = f"/api/v1/namespaces/{dev.namespace}/pods"
    for pod in dev.plane.admin.get(path, labelSelector=f"job-name={job}")["items"]:
        body = {"metadata": {"annotations": {"test/pod": "done"}}}
        content = "application/merge-patch+json"
        dev.plane.admin.request("PATCH", f"{path}/{pod['metadata']['name']}", body=body, content=content)


def test_hooks_of_each_moment_run_and_the_record_tells_when(dev):
    assert isinstance(dev.release(chart("shop", hooks="true")), Succeeded)
    assert ran(dev) == ["pre-install", "post-install"]
    runs = last_runs(dev)
    assert runs["pre-install"]["phase"] == runs["post-install"]["phase"] == "Succeeded"
    assert runs["pre-install"]["completed_at"] > runs["pre-install"]["started_at"]
    assert runs["pre-upgrade"]["phase"] == ""
    assert isinstance(dev.release(chart("shop", hooks="true", replicas=2)), Succeeded)
    assert ran(dev)[2:] == ["pre-upgrade", "post-upgrade"]
    again = {job: dev.get(JOBS, job)["metadata"]["uid"] for job in ran(dev)}
    assert isinstance(dev.release(chart("shop", hooks="true", replicas=2)), Succeeded)
    assert {job: dev.get(JOBS, job)["metadata"]["uid"] for job in ran(dev)} == again


def test_the_hooks_of_a_chart_that_leaves_run_around_its_objects_end(dev):
    files = {"manifests/c.yaml": config_map("c")}
    dev.deliveries = (*DELIVERIES, Source("manifests", "manifests"))
    dev.release({**chart("shop", hooks="true"), **files})
    dev.deliveries = (Source("manifests", "manifests"),)
    assert isinstance(dev.release(files), Succeeded)
    assert ran(dev)[2:] == ["pre-delete", "post-delete"]
    assert dev.get(DEPLOYMENTS, "shop") is None
    assert isinstance(dev.release(files), Succeeded)


def test_going_back_runs_the_rollback_hooks_of_the_release_that_is_gone_back_to(dev):
    dev.release(chart("shop", hooks="true"))
    outcome = dev.release(chart("shop", hooks="true", pod="pull"))
    assert isinstance(outcome, Failed)
    assert ran(dev)[2:] == ["pre-upgrade", "pre-rollback", "post-rollback"]
    told = json.loads(helm(dev, "helm4", "history", "shop", "-o", "json"))
    assert [(each["revision"], each["status"], each["description"][:13]) for each in told[1:]] == [
        (2, "failed", 'Upgrade "shop'),
        (3, "deployed", "Rollback to 1"),
    ]
    assert last_runs(dev)["post-rollback"]["phase"] == "Succeeded"


def test_a_release_that_is_asked_for_again_is_a_rollback_to_helm(dev):
    dev.release(chart("shop", hooks="true"), execution="first")
    dev.release(chart("shop", hooks="true", replicas=2))
    assert isinstance(dev.release({}, again=dev.number("first")), Succeeded)
    assert ran(dev)[4:] == ["pre-rollback", "post-rollback"]
    told = json.loads(helm(dev, "helm4", "history", "shop", "-o", "json"))
    assert [(each["status"], each["description"]) for each in told] == [
        ("superseded", "Install complete"),
        ("superseded", "Upgrade complete"),
        ("deployed", "Rollback to 1"),
    ]


def test_a_hook_of_two_moments_runs_at_both_and_is_left_as_the_chart_has_it(dev):
    assert isinstance(dev.release({**chart("shop"), "charts/shop/templates/migrate.yaml": MIGRATE}), Succeeded)
    meta = dev.get(JOBS, "migrate")["metadata"]
    assert meta["annotations"] == {"helm.sh/hook": "pre-install,post-install"}
    # Written after the chart's own objects: the one of before them was deleted and made again.
    assert int(meta["resourceVersion"]) > int(dev.get(CONFIG_MAPS, "settings")["metadata"]["resourceVersion"])
    assert meta["creationTimestamp"] >= dev.get(DEPLOYMENTS, "shop")["metadata"]["creationTimestamp"]
    assert last_runs(dev)["migrate"]["phase"] == "Succeeded"


MIGRATE = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {helm.sh/hook: "pre-install,post-install"}
spec:
  template:
    metadata: {annotations: {test/pod: done}}
    spec: {restartPolicy: Never, containers: [{name: job, image: "tools:1"}]}
"""


def test_a_hook_that_fails_says_why_and_the_release_goes_back(dev):
    dev.release(chart("shop"))
    outcome = dev.release(chart("shop", hooks="true", hookPod="crash", replicas=2))
    assert isinstance(outcome, Failed)
    assert "pre-upgrade hook Job pre-upgrade: " in outcome.message
    assert "pod pre-upgrade-" in outcome.message
    assert "exit code 3" in outcome.message
    assert dev.get(DEPLOYMENTS, "shop")["spec"]["replicas"] == 1
    failed = json.loads(helm(dev, "helm4", "status", "shop", "--revision", "2", "-o", "json"))["hooks"]
    assert {hook["name"]: hook["last_run"]["phase"] for hook in failed}["pre-upgrade"] == "Failed"


def test_a_killed_deployer_waits_for_the_hook_that_runs_and_runs_none_twice(dev):
    dev.release(chart("shop"))
    files = chart("shop", hooks="true", hookPod="ready", helper="true")
    starts = Budget(lambda: 0.0 if dev.get(JOBS, "pre-upgrade") else 100.0, 1.0)
    begun = dev.release(files, execution="e", budget=starts, attempt="a")
    assert isinstance(begun, Continue)
    first = dev.get(JOBS, "pre-upgrade")["metadata"]["uid"]
    assert dev.get(CONFIG_MAPS, "pre-upgrade") is not None
    running = Budget(lambda: 0.0 if dev.get(JOBS, "post-upgrade") else 100.0, 1.0)
    finish(dev, "pre-upgrade")
    again = dev.release(files, execution="e", budget=running, attempt="a")
    assert isinstance(again, Continue)
    assert dev.get(JOBS, "pre-upgrade")["metadata"]["uid"] == first
    # What one hook made stays for the next: it goes when all have ended.
    assert dev.get(CONFIG_MAPS, "pre-upgrade") is None
    assert dev.get(CONFIG_MAPS, "left") is not None
    finish(dev, "post-upgrade")
    assert isinstance(dev.release(files, execution="e", attempt="a"), Succeeded)
    assert ran(dev) == ["pre-upgrade", "post-upgrade"]
    assert dev.get(JOBS, "pre-upgrade")["metadata"]["uid"] == first


def test_a_hook_that_ended_is_not_run_again_when_its_object_is_gone(dev):
    """As after a kill between the end of a moment's hooks and the next stage."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "once"}}
    hook = Hook("once", "ConfigMap", "", "", body, ("pre-install",), 0, ("hook-succeeded",))
    journal = []
    world = dev.world()

    def run(remembered):
        kept = lambda: tuple(remembered)  # noqa: E731
        never = lambda: False  # noqa: E731
        hooks = Hooks(world.cluster, dev.namespace, "1-a", journal.append, kept, lambda: None, never, never)
        assert hooks.run(Chart("shop", {}, {}, {}, "", (hook,)), "pre-install") == "done"

    run([])
    assert len(journal) == 1
    run(journal)
    assert len(journal) == 1
    world.cluster.kube.close()


def test_a_hook_obeys_the_rule_of_digests(dev):
    hook = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {helm.sh/hook: pre-install}}\n"
    files = {"charts/shop/templates/p.yaml": hook + "spec: {containers: [{name: c, image: 'shop/web:old'}]}\n"}
    outcome = dev.release({**chart("shop"), **files})
    assert "renders the image shop/web:old" in outcome.message
    assert dev.get(DEPLOYMENTS, "shop") is None
