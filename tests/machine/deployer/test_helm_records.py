"""helm 3 and helm 4 work on what the deployer wrote, and the deployer goes on after them."""

import json
import os
import signal
import subprocess
import time

import pytest

from deployer.outcome import Failed, Succeeded
from deployer.target import Source
from tests.support.charts import CHARTS, chart, environ, helm, program
from tests.support.delivery import config_map

DELIVERIES = (Source("helm", "charts/shop", "shop", ("charts/shop/values-dev.yaml",)),)
DEPLOYMENTS, CONFIG_MAPS, SECRETS = "apis/apps/v1/deployments", "api/v1/configmaps", "api/v1/secrets"
SHOP = str(CHARTS / "shop")
IMAGE = "--set=image.tag=1"
both = pytest.mark.parametrize("version", ["helm3", "helm4"])


@pytest.fixture
def dev(place):
    return place(deliveries=DELIVERIES)


def history(dev, version="helm4"):
    return [
        (each["revision"], each["status"]) for each in json.loads(helm(dev, version, "history", "shop", "-o", "json"))
    ]


def release(dev, **values):
    outcome = dev.release(chart("shop", **values))
    assert isinstance(outcome, Succeeded), outcome
    return outcome


@both
def test_every_verb_that_reads_works_on_what_was_written(dev, version):
    release(dev)
    release(dev, replicas=2)
    listed = json.loads(helm(dev, version, "list", "-o", "json"))
    assert [(each["name"], each["revision"], each["status"]) for each in listed] == [("shop", "2", "deployed")]
    assert history(dev, version) == [(1, "superseded"), (2, "deployed")]
    assert "STATUS: deployed" in helm(dev, version, "status", "shop")
    assert json.loads(helm(dev, version, "get", "values", "shop", "-o", "json")) == {"zone": "dev"}
    assert "replicas: 2" in helm(dev, version, "get", "values", "shop", "--all")
    assert "# Source: shop/templates/web.yaml" in helm(dev, version, "get", "manifest", "shop")
    assert "kind: Pod" in helm(dev, version, "get", "hooks", "shop")
    assert f'shop runs in {dev.namespace} with 2 replicas: "<at last>".' in helm(dev, version, "get", "notes", "shop")
    labels = dev.get(SECRETS, "sh.helm.release.v1.shop.v1")["metadata"]["labels"]
    assert labels["modifiedAt"] >= labels["createdAt"]


@both
def test_what_people_do_with_helm_is_followed_by_the_next_release(dev, version):
    release(dev)
    release(dev, replicas=2)
    assert "Succeeded" in helm(dev, version, "test", "shop")
    helm(dev, version, "rollback", "shop", "1")
    assert dev.get(DEPLOYMENTS, "shop")["spec"]["replicas"] == 1
    release(dev, replicas=2)
    helm(dev, version, "upgrade", "shop", SHOP, IMAGE, "--set=replicas=3,extra=true")
    release(dev, replicas=2)
    assert dev.get(DEPLOYMENTS, "shop")["spec"]["replicas"] == 2
    assert dev.get(CONFIG_MAPS, "extra") is None
    assert history(dev, version) == [*((number, "superseded") for number in range(1, 6)), (6, "deployed")]
    helm(dev, version, "uninstall", "shop")
    assert dev.get(DEPLOYMENTS, "shop") is None
    release(dev, replicas=2)
    assert history(dev, version) == [(1, "deployed")]


def test_what_helm_deleted_and_made_again_leaves_with_the_release(dev):
    release(dev, extra="true")
    ours = dev.get(CONFIG_MAPS, "extra")["metadata"]["uid"]
    helm(dev, "helm4", "upgrade", "shop", SHOP, IMAGE)
    helm(dev, "helm4", "upgrade", "shop", SHOP, IMAGE, "--set=extra=true")
    assert dev.get(CONFIG_MAPS, "extra")["metadata"]["uid"] != ours
    release(dev)
    assert dev.get(CONFIG_MAPS, "extra") is None


@both
def test_a_release_that_helm_made_is_taken_over_with_every_field(dev, version):
    helm(dev, version, "install", "shop", SHOP, IMAGE, "--set=color=red,extra=true")
    helm(dev, version, "upgrade", "shop", SHOP, IMAGE, "--set=color=blue,extra=true,replicas=2")
    assert dev.get(CONFIG_MAPS, "settings")["data"]["color"] == "blue"
    release(dev, replicas=2)
    assert history(dev, version) == [(1, "superseded"), (2, "superseded"), (3, "deployed")]
    # What helm's manifests had and ours have not is gone: also fields that it wrote without server-side apply.
    assert dev.get(CONFIG_MAPS, "extra") is None
    assert dev.get(CONFIG_MAPS, "settings")["data"] == {"replicas": "2"}
    live = dev.get(DEPLOYMENTS, "shop")
    assert "color" not in live["metadata"]["annotations"]
    assert "env" not in live["spec"]["template"]["spec"]["containers"][0]


@both
def test_a_killed_helm_is_waited_out_and_then_followed(dev, version):
    release(dev)
    argv = [
        program(dev, version),
        "upgrade",
        "shop",
        SHOP,
        IMAGE,
        "--set=hooks=true,hookPod=ready",
        "-n",
        dev.namespace,
    ]
    running = subprocess.Popen(argv, env=environ(dev), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while dev.get("apis/batch/v1/jobs", "pre-upgrade") is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    outcome = dev.release(chart("shop", replicas=2))
    assert isinstance(outcome, Failed)
    assert "revision 2 is pending-upgrade since" in outcome.message
    assert "Nothing was changed." in outcome.message
    dev.helm_busy = 0.0
    release(dev, replicas=2)
    assert history(dev, version) == [(1, "superseded"), (2, "failed"), (3, "deployed")]
    helm(dev, version, "rollback", "shop", "1")


@both
def test_a_release_that_was_uninstalled_with_its_history_installs_again(dev, version):
    helm(dev, version, "install", "shop", SHOP, IMAGE)
    helm(dev, version, "uninstall", "shop", "--keep-history")
    assert history(dev, version) == [(1, "uninstalled")]
    release(dev)
    assert history(dev, version) == [(1, "superseded"), (2, "deployed")]
    assert '"Install complete"' in helm(dev, version, "history", "shop", "-o", "json")


@both
def test_an_install_that_failed_by_hand_is_followed(dev, version):
    helm(dev, version, "install", "shop", SHOP, IMAGE, "--set=hooks=true,hookPod=ready", "--timeout=1s", code=1)
    assert history(dev, version) == [(1, "failed")]
    release(dev)
    assert history(dev, version) == [(1, "failed"), (2, "deployed")]


def test_records_in_config_maps_are_refused_with_a_remedy(dev):
    helm(dev, "helm4", "install", "shop", SHOP, IMAGE, HELM_DRIVER="configmap")
    outcome = dev.release(chart("shop"))
    assert "HELM_DRIVER=configmap" in outcome.message
    assert "Nothing was changed." in outcome.message


def test_a_record_that_no_secret_holds_stops_the_release_before_its_first_write(dev):
    noise = "\n".join(f"# {os.urandom(60).hex()}" for _ in range(16_000))
    outcome = dev.release(
        {**chart("shop"), "charts/shop/templates/noise.yaml": f"a: 1\n{noise}\n".replace("a: 1", NOISY)}
    )
    assert "over the 1048576 that a Secret holds" in outcome.message, outcome.message
    assert dev.get(DEPLOYMENTS, "shop") is None


NOISY = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: noisy}"


def test_only_as_many_revisions_are_kept_as_the_target_says(dev):
    dev.history = 3
    for replicas in (1, 2, 1, 2, 1):
        release(dev, replicas=replicas)
    assert history(dev) == [(3, "superseded"), (4, "superseded"), (5, "deployed")]


def test_what_a_chart_asks_to_keep_stays_when_it_is_pruned_and_when_the_chart_leaves(dev):
    dev.deliveries = (*DELIVERIES, Source("manifests", "manifests"))
    files = {"manifests/c.yaml": config_map("c")}
    dev.release({**chart("shop", precious="true"), **files})
    dev.release({**chart("shop"), **files})
    assert dev.get(CONFIG_MAPS, "precious") is not None
    dev.release({**chart("shop", precious="true"), **files})
    dev.deliveries = (Source("manifests", "manifests"),)
    assert isinstance(dev.release(files), Succeeded)
    assert dev.get(CONFIG_MAPS, "precious") is not None
    assert dev.get(DEPLOYMENTS, "shop") is None
    assert helm(dev, "helm4", "list", "-q") == ""
