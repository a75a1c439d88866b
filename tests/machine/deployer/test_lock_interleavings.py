"""Two deployers, each a process of its own, release against each other two hundred times: exactly one of them stays."""

import dataclasses
import io
import json
import multiprocessing
import random
import time

import pytest

from deployer.budget import UNLIMITED
from deployer.errors import DeployError, Fenced
from deployer.flow import deliver
from deployer.inventory import Inventory, applyset_id, object_name
from deployer.kube.client import Endpoint, Kube
from deployer.ledger.cluster import ClusterLedger
from deployer.log import Log
from deployer.redact import Redactor
from deployer.world import Edges, world_around
from tests.support.controlplane import TOKEN
from tests.support.delivery import AnyImage, config_map

pytestmark = pytest.mark.timeout(300)

ROUNDS = 200
HELD_UP = (0, 0, 0, 0.001, 0.003, 0.015)  # seconds of a request before it is sent
NAMES = ("a", "b", "c")
MEMBER = "applyset.kubernetes.io/part-of"


class NoSecrets:
    def secrets(self):
        return []


def files(value):
    return {f"manifests/{name}.yaml": config_map(name, v=value) for name in (*NAMES, f"only-{value}")}


def client(place, dice):
    """One whose every request is held up by chance."""

    def bearer(renew=False):
        time.sleep(dice.choice(HELD_UP))
        return TOKEN

    return Kube(Endpoint(place.plane.url, place.plane.ca, "the test"), bearer)


def release(place, dice, execution):
    kube, redactor = client(place, dice), Redactor()
    ledger = ClusterLedger(kube, "shop", place.namespace)
    edges = Edges(ledger=ledger, registry=AnyImage(), vault=NoSecrets(), tools=place.tools)
    try:
        world = world_around(kube, place.target, edges, redactor, Log(redactor, io.StringIO()))
        inventory = Inventory(kube, "shop", place.namespace, sleep=lambda seconds: time.sleep(0.01))
        made = dataclasses.replace(world, inventory=inventory)
        return type(deliver(made, place.request(files(execution), execution), UNLIMITED)).__name__
    except (DeployError, Fenced) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        kube.close()


def racer(place, name, start, told):
    dice = random.Random(name)
    for number in range(ROUNDS):
        start.wait(60)
        time.sleep(dice.choice((0, 0, 0.01, 0.04, 0.15)))
        told.put((name, release(place, dice, f"{name}-{number}")))


def members(dev):
    """What carries the set's label, whoever wrote it."""
    selector = f"{MEMBER}={applyset_id(object_name('shop'), dev.namespace)}"
    items = dev.plane.admin.get(f"/api/v1/namespaces/{dev.namespace}/configmaps", labelSelector=selector)["items"]
    return {item["metadata"]["name"]: item["data"]["v"] for item in items}


def test_two_releases_race_in_two_hundred_interleavings_and_exactly_the_newer_one_is_there(place):
    dev = place()
    fork = multiprocessing.get_context("fork")
    start, told = fork.Barrier(3), fork.Queue()
    racers = [fork.Process(target=racer, args=(dev, name, start, told), daemon=True) for name in ("old", "new")]
    for each in racers:
        each.start()
    ledger = ClusterLedger(dev.plane.admin, "shop", dev.namespace)
    came = []
    for number in range(ROUNDS):
        first, second = (ledger.number(f"{name}-{number}") for name in ("old", "new"))
        assert first < second
        start.wait(60)
        ended = dict(told.get(timeout=60) for _ in racers)
        assert ended["new"] == "Succeeded", ended
        wanted = f"new-{number}"
        assert members(dev) == dict.fromkeys((*NAMES, f"only-{wanted}"), wanted), number
        history = ledger.history(2)
        assert history.current == second
        assert history.find(second).status == "Succeeded"
        came.append(history.find(first).status)
        assert (ended["old"], came[-1]) in {("Succeeded", "Succeeded"), ("Failed", "Superseded")}
    for each in racers:
        each.join(10)
    journal, _ = Inventory(dev.plane.admin, "shop", dev.namespace).read()
    assert (journal.number, journal.stage, journal.holder) == (second, "succeeded", "")
    assert {member.name for member in journal.members} == set(members(dev))
    assert min(came.count(status) for status in ("Succeeded", "Superseded")) >= 10, json.dumps(came)
