"""One lock: releases race, jobs are delivered again and again, tokens are replayed and forged. Exactly one wins."""

import dataclasses
import random
import threading
import time

import pytest

from deployer.budget import UNLIMITED, Budget
from deployer.errors import DeployError, Fenced
from deployer.outcome import Continue, Failed, Succeeded
from tests.support.delivery import config_map, deployment
from tests.support.fault_proxy import Delay
from tests.support.watched import watched

CONFIGS = "api/v1/configmaps"
ROUNDS = 6
NAMES = [f"c{number}" for number in range(6)]


def files(value):
    return {f"manifests/{name}.yaml": config_map(name, v=value) for name in [*NAMES, f"only-{value}"]}


def state(dev):
    items = dev.plane.admin.get(f"/api/v1/namespaces/{dev.namespace}/configmaps")["items"]
    return {item["metadata"]["name"]: item["data"]["v"] for item in items if "v" in (item.get("data") or {})}


def wanted(value):
    return dict.fromkeys([*NAMES, f"only-{value}"], value)


def together(*works):
    """What each returned or raised, run side by side."""
    found = [None] * len(works)

    def run(at):
        try:
            found[at] = works[at]()
        except (DeployError, Fenced) as error:
            found[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_releases_race_and_what_is_there_is_exactly_the_newer_one(place):
    """In many interleavings: each request of both is held up by chance."""
    chance = random.Random(7)
    for _ in range(ROUNDS):
        dev = place()
        old, new = dev.number("old"), dev.number("new")
        assert old < new
        slow = lambda number, method, path: Delay(chance.choice((0, 0, 0.002, 0.01, 0.05)))  # noqa: E731
        with watched(dev, slow) as (one, _), watched(dev, slow) as (other, _):
            first, second = together(
                lambda at=one: at.release(files("old"), "old"), lambda at=other: at.release(files("new"), "new")
            )
        assert isinstance(second, Succeeded), second
        assert isinstance(first, Succeeded | Failed), first
        assert state(dev) == wanted("new")
        assert dev.record("current")["number"] == str(new)


def test_a_job_that_is_delivered_three_times_one_after_another_is_written_once(place):
    dev = place()
    with watched(dev) as (there, asked):
        outcomes = [there.release(files("a"), "job", attempt="a") for _ in range(3)]
        assert asked.counts["apply"] == len(wanted("a"))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_job_that_is_delivered_three_times_at_once_is_written_once(place):
    dev = place()
    dev.number("job")
    with watched(dev) as (there, asked):
        outcomes = together(*[lambda: there.release(files("a"), "job", attempt="a") for _ in range(3)])
        assert asked.counts["apply"] == len(wanted("a"))
    assert {type(outcome) for outcome in outcomes} == {Succeeded}
    assert state(dev) == wanted("a")


@pytest.fixture
def underway(place):
    """A release that waits for its pod, and the token that goes on with it."""
    dev = place()
    until = time.monotonic() + 1.5
    budget = Budget(lambda: until - time.monotonic(), 0.0)
    outcome = dev.release({"manifests/web.yaml": deployment(pod="60")}, "long", budget, "a")
    assert isinstance(outcome, Continue)
    return dev, outcome.token


def versions(dev):
    inventory, web = dev.get(CONFIGS, "shipline-shop"), dev.get("apis/apps/v1/deployments", "web")
    return inventory["metadata"]["resourceVersion"], web["metadata"]["generation"]


def test_a_token_of_which_a_byte_was_changed_changes_nothing(underway):
    dev, token = underway
    before = versions(dev)
    flipped = "0" if token.mac[0] != "0" else "1"
    forged = [
        dataclasses.replace(token, mac=flipped + token.mac[1:]),
        dataclasses.replace(token, mac=""),
        dataclasses.replace(token, mac="é"),
        dataclasses.replace(token, fence=token.fence + 1),
        dataclasses.replace(token, fence=token.fence - 1),
        dataclasses.replace(token, stage="close"),
        dataclasses.replace(token, release=token.release + 1),
    ]
    for each in forged:
        with pytest.raises(DeployError, match="not one of ours"):
            dev.release({}, "long", UNLIMITED, "a", token=each)
    assert versions(dev) == before
    assert dev.record(f"{token.release + 1:010d}") == {}


def test_a_token_that_a_later_invocation_has_outrun_changes_nothing(underway):
    dev, token = underway
    until = time.monotonic() + 1.0
    later = dev.release({}, "long", Budget(lambda: until - time.monotonic(), 0.0), "a", token=token)
    assert isinstance(later, Continue)
    before = versions(dev)
    with pytest.raises(Fenced):
        dev.release({}, "long", UNLIMITED, "a", token=token)
    assert versions(dev) == before


def test_another_environments_token_is_refused(underway, place):
    _, token = underway
    other = place()
    other.release(files("a"))
    with pytest.raises(DeployError, match="not one of ours"):
        other.release({}, "long", UNLIMITED, "a", token=token)
    assert state(other) == wanted("a")


def test_the_key_is_in_no_token_and_in_no_log(underway):
    dev, token = underway
    secret = dev.get("api/v1/secrets", "shipline-shop.key")["data"]["key"]
    assert secret not in f"{token}{dev.logged.getvalue()}"
    assert secret not in str(dev.get(CONFIGS, "shipline-shop"))
