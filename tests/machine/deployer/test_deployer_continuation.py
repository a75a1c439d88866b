"""More than one invocation, and more than one deployer: hand over, kill, deliver twice, come too late."""

import multiprocessing
import os
import signal
import threading
import time

import pytest

from deployer.budget import Budget
from deployer.errors import Fenced
from deployer.outcome import Continue, Failed, Succeeded
from tests.support.delivery import config_map, deployment

DEPLOYMENTS, CONFIGS = "apis/apps/v1/deployments", "api/v1/configmaps"


def seconds(count):
    until = time.monotonic() + count
    return Budget(lambda: until - time.monotonic(), 0.0)


def through(place, files, each=3.0):
    """Invocations of `each` seconds until the job ends: what CodePipeline does with continuation tokens."""
    outcome = place.release(files, execution="long", attempt="a", budget=seconds(each))
    tokens = []
    while isinstance(outcome, Continue):
        tokens.append(outcome.token)
        token = outcome.token
        outcome = place.release(files, "long", seconds(each), "a", token=token)
    return outcome, tokens


def kill(place, files, after):
    """Release in a process of its own, and kill it after so many seconds."""
    place.number("killed")  # the ledger is this process's: what the other writes into it is lost
    killed = multiprocessing.get_context("fork").Process(target=place.release, args=(files, "killed"))
    killed.start()
    time.sleep(after)
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()


def test_a_slow_deployment_is_waited_for_over_several_invocations(place):
    dev = place()
    outcome, tokens = through(dev, {"manifests/web.yaml": deployment(pod="9")})
    assert isinstance(outcome, Succeeded), outcome
    assert len(tokens) >= 2
    # A slow machine may hand over in any stage: that the wait was handed over is what counts.
    assert "wait" in {token.stage for token in tokens}
    assert len({token.fence for token in tokens}) == len(tokens)


def test_patience_counts_over_invocations_and_its_end_brings_the_last_release_back(place):
    dev = place(patience=5.0)
    dev.release({"manifests/web.yaml": deployment()})
    outcome, tokens = through(dev, {"manifests/web.yaml": deployment(pod="60")}, each=2.0)
    assert isinstance(outcome, Failed)
    assert len(tokens) >= 2
    assert "not healthy within 5 s" in outcome.message
    assert "Deployment web: 0 of 1 replicas are available" in outcome.message or "old replicas" in outcome.message
    assert dev.get(DEPLOYMENTS, "web")["spec"]["template"]["metadata"]["annotations"]["test/pod"] == "ready"


def test_an_old_token_changes_nothing_once_its_release_has_ended(place):
    dev = place()
    outcome, tokens = through(dev, {"manifests/web.yaml": deployment(pod="5")})
    before = dev.get(DEPLOYMENTS, "web")["metadata"]["resourceVersion"]
    again = dev.release({}, "long", attempt="a", token=tokens[0])
    assert again == outcome
    assert dev.get(DEPLOYMENTS, "web")["metadata"]["resourceVersion"] == before


def test_an_older_release_that_comes_back_undoes_nothing_of_a_newer_one(place):
    dev = place()
    old = dev.release({"manifests/web.yaml": deployment(pod="60")}, "old", seconds(3), "a")
    assert isinstance(old, Continue)
    newer = dev.release({"manifests/web.yaml": deployment(replicas=2)}, "newer")
    assert isinstance(newer, Succeeded)
    late = dev.release({}, "old", attempt="a", token=old.token)
    assert isinstance(late, Failed)
    assert f"superseded by release {newer.number}" in late.message
    assert dev.get(DEPLOYMENTS, "web")["spec"]["replicas"] == 2
    assert dev.record(f"{old.token.release:010d}")["status"] == "Superseded"


def test_a_job_that_is_delivered_again_after_its_failure_is_answered_and_not_run_again(place):
    dev = place()
    dev.release({"manifests/web.yaml": deployment()})
    files = {"manifests/web.yaml": deployment(pod="crash")}
    failed = dev.release(files, "crash", attempt="a")
    generation = dev.get(DEPLOYMENTS, "web")["metadata"]["generation"]
    assert dev.release(files, "crash", attempt="a") == failed
    assert dev.get(DEPLOYMENTS, "web")["metadata"]["generation"] == generation


def test_a_job_that_is_delivered_twice_at_once_is_one_release(place):
    dev = place()
    files = {"manifests/web.yaml": deployment(pod="3"), "manifests/c.yaml": config_map("c", a="1")}
    outcomes = []

    def deliver():
        try:
            outcomes.append(dev.release(files, "twice", attempt="a"))
        except Fenced as fenced:
            outcomes.append(fenced)

    both = [threading.Thread(target=deliver) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert [type(each) for each in outcomes] == [Succeeded, Succeeded]
    assert outcomes[0] == outcomes[1]
    assert dev.get(DEPLOYMENTS, "web")["metadata"]["generation"] == 1


@pytest.mark.parametrize("after", [0.2, 0.5, 0.9, 1.4])
def test_a_deployer_that_is_killed_is_mended_by_the_next_run(place, after):
    dev = place()
    good = {f"manifests/{name}.yaml": config_map(name, v="1") for name in map("c{}".format, range(40))}
    dev.release({**good, "manifests/web.yaml": deployment()})
    bad = {f"manifests/{name}.yaml": config_map(name, v="2") for name in map("d{}".format, range(40))}
    kill(dev, {**bad, "manifests/web.yaml": deployment(pod="60")}, after)
    outcome = dev.release({**good, "manifests/web.yaml": deployment(replicas=2)}, "next")
    assert isinstance(outcome, Succeeded), outcome
    live = dev.plane.admin.get(f"/api/v1/namespaces/{dev.namespace}/configmaps")["items"]
    ours = {item["metadata"]["name"]: item.get("data", {}).get("v") for item in live}
    assert {name: value for name, value in ours.items() if value} == {f"c{n}": "1" for n in range(40)}


def test_a_kill_and_then_a_failure_goes_back_to_the_last_good_release_entirely(place):
    dev = place()
    good = dev.release({"manifests/c.yaml": config_map("c", v="1"), "manifests/web.yaml": deployment()})
    kill(dev, {"manifests/c.yaml": config_map("c", v="2"), "manifests/web.yaml": deployment(pod="60")}, 1.5)
    outcome = dev.release({"manifests/web.yaml": "kind: nothing\n"}, "broken")
    assert isinstance(outcome, Failed)
    assert f"back at release {good.number}" in outcome.message
    assert dev.get(CONFIGS, "c")["data"] == {"v": "1"}
    assert dev.get(DEPLOYMENTS, "web")["spec"]["template"]["metadata"]["annotations"]["test/pod"] == "ready"
