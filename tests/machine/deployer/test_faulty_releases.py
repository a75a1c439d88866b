"""Whole releases on bad days: networks that break, servers that refuse, time that runs out, clocks that jump."""

import dataclasses
import json
import time

import pytest

from deployer import definitions
from deployer.budget import UNLIMITED, Budget
from deployer.errors import DeployError, Fenced
from deployer.job import read_job
from deployer.outcome import Continue, Failed, Succeeded, Token
from tests.support.delivery import config_map, deployment
from tests.support.fault_proxy import Chaos, Refuse
from tests.support.watched import watched
from tests.unit.deployer.test_job import EVENT

pytestmark = pytest.mark.timeout(180)

STAGES = ("before", "apply", "wait", "after", "prune", "close")
CALM = 60  # objects, so that shares of a twentieth strike in each release


def files(value, count=CALM, pod="ready"):
    made = {f"manifests/c{n:02}.yaml": config_map(f"c{n:02}", v=value if n % 2 else "same") for n in range(count)}
    return {**made, "manifests/web.yaml": deployment(pod=pod, env=[{"name": "V", "value": value}])}


def state(dev):
    """Contents of what a release brings, by name."""
    base = f"/namespaces/{dev.namespace}"
    configs = dev.plane.admin.get(f"/api/v1{base}/configmaps")["items"]
    workloads = dev.plane.admin.get(f"/apis/apps/v1{base}/deployments")["items"]
    found = {item["metadata"]["name"]: item["data"] for item in configs if "v" in (item.get("data") or {})}
    return {**found, **{item["metadata"]["name"]: item["spec"]["template"] for item in workloads}}


def versions(dev):
    """Of everything that a deployer might write: the resourceVersion, or the generation where controllers write too."""
    base = f"/namespaces/{dev.namespace}"
    found = {}
    for kind in ("configmaps", "secrets"):
        for item in dev.plane.admin.get(f"/api/v1{base}/{kind}")["items"]:
            found[kind, item["metadata"]["name"]] = item["metadata"]["resourceVersion"]
    for item in dev.plane.admin.get(f"/apis/apps/v1{base}/deployments")["items"]:
        found["deployments", item["metadata"]["name"]] = item["metadata"]["generation"]
    return found


def whole_story(place, hook):
    """(states after a first release, a change that prunes, and a failure that goes back; requests of all three)."""
    dev = place(lease=20.0)
    states, count = [], 0
    steps = ((files("1"), Succeeded), (files("2", CALM - 10), Succeeded), (files("3", CALM - 5, "crash"), Failed))
    for wanted, expected in steps:
        with watched(dev, hook) as (there, asked):
            outcome = there.release(wanted)
            count += asked.proxy.count
        assert isinstance(outcome, expected), outcome
        states.append(state(dev))
    assert "is back at release " in outcome.message
    assert "and healthy" in outcome.message
    return states, count


@pytest.fixture(scope="module")
def calm():
    """What a story is without faults: told by the first test that asks, since a place is one test's own."""
    return []


@pytest.mark.parametrize(
    "chaos",
    [
        Chaos(11, reset=0.05),
        Chaos(12, unavailable=0.05),
        Chaos(13, lost=0.05),
        Chaos(14, burst=0.01, burst_seconds=0.3),
        Chaos(15, reset=0.03, unavailable=0.03, lost=0.03),
    ],
    ids=["resets", "503s", "cuts", "bursts of 429", "all of them"],
)
def test_a_release_its_prune_and_its_way_back_end_alike_under_faults_with_at_most_half_as_many_requests_more(
    place, calm, chaos
):
    if not calm:
        calm += whole_story(place, lambda *_: None)
    states, count = whole_story(place, chaos)
    assert states == calm[0]
    assert count <= 1.5 * calm[1], (count, calm[1])


def stages_done(dev):
    return dev.logged.getvalue().count('"event": "stage"')


def over_after(dev, stages):
    """The time of an invocation that has 20 seconds left, too few, once so many stages are done."""
    until = stages_done(dev) + stages
    return Budget(lambda: 20.0 if stages_done(dev) >= until else 900.0, 30.0)


def test_time_that_runs_out_at_any_stage_hands_over_at_once_and_old_tokens_change_nothing(place):
    dev = place()
    dev.release({**files("0", 5), "manifests/gone.yaml": config_map("gone", v="0")})
    tokens = []
    for turn, stage in enumerate(STAGES, 1):
        wanted = files(str(turn), 4 + turn % 2)
        began = time.monotonic()
        outcome = dev.release(wanted, f"turn {turn}", over_after(dev, turn - 1), "a")
        assert isinstance(outcome, Continue), outcome
        assert outcome.token.stage == stage
        again = dev.release({}, f"turn {turn}", Budget(lambda: 20.0, 30.0), "a", token=outcome.token)
        assert isinstance(again, Continue)
        assert time.monotonic() - began < 15
        done = dev.release({}, f"turn {turn}", UNLIMITED, "a", token=again.token)
        assert isinstance(done, Succeeded), done
        tokens += [(f"turn {turn}", outcome.token), (f"turn {turn}", again.token)]
        assert state(dev)["c01"] == {"v": str(turn)}
    before = versions(dev)
    last = f"turn {len(STAGES)}"
    for execution, token in tokens:
        outcome = dev.release({}, execution, UNLIMITED, "a", token=token)
        assert isinstance(outcome, Succeeded if execution == last else Failed), outcome
        assert execution == last or "superseded" in outcome.message
    assert versions(dev) == before


def test_no_byte_of_a_token_can_be_changed(place):
    dev = place()
    dev.release(files("1", 3))
    begun = dev.release(files("2", 3), "long", over_after(dev, 1), "a")
    text = json.dumps(dataclasses.asdict(begun.token))
    before, refused = versions(dev), 0
    for at in range(0, len(text), 2):
        changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        event = json.loads(json.dumps(EVENT))
        event["CodePipeline.job"]["data"]["continuationToken"] = changed
        try:
            token = read_job(event).token
            outcome = dev.release({}, "long", UNLIMITED, "a", token=token)
        except (DeployError, Fenced):
            refused += 1
        else:
            raise AssertionError(f"{changed} was taken: {outcome}")
    assert refused == len(range(0, len(text), 2))
    assert versions(dev) == before
    assert isinstance(dev.release({}, "long", UNLIMITED, "a", token=Token(**json.loads(text))), Succeeded)


def test_a_superseded_execution_that_resumes_writes_nothing_at_all(place):
    dev = place()
    old = dev.release(files("1", 5), "old", over_after(dev, 1), "a")
    assert isinstance(old, Continue)
    assert isinstance(dev.release(files("2", 4), "newer"), Succeeded)
    before = versions(dev)
    with watched(dev) as (there, asked):
        late = there.release({}, "old", attempt="a", token=old.token)
        assert {seen.method for seen in asked.proxy.seen} == {"GET"}
    assert isinstance(late, Failed)
    assert versions(dev) == before
    assert dev.record(f"{old.token.release:010d}")["status"] == "Superseded"


def test_clocks_ten_minutes_off_change_nothing(place, monkeypatch):
    """They jump between two answers, and between invocations; nothing is ordered by them."""
    real, jumps = time.time, iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: real() + (600 if next(jumps) % 2 else -600))
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))
    dev = place()
    assert isinstance(dev.release(files("1", 5)), Succeeded)
    begun = dev.release(files("2", 5), "long", over_after(dev, 2), "a")
    assert isinstance(dev.release({}, "long", UNLIMITED, "a", token=begun.token), Succeeded)
    failed = dev.release(files("3", 5, "crash"))
    assert "is back at release 2, and healthy" in failed.message, failed
    assert state(dev)["c01"] == {"v": "2"}


def definition(group, plural):
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": group, "scope": "Namespaced", "names": {"kind": "Widget", "plural": plural}, "versions": [version]}
    meta = {"name": f"{plural}.{group}"}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return json.dumps({**kind, "metadata": meta, "spec": spec})


def test_a_definition_that_is_not_established_is_told_and_the_next_run_goes_on(place, monkeypatch):
    monkeypatch.setattr(definitions, "SERVED_WITHIN", 1.0)
    dev = place()
    group = f"{dev.namespace}.example.com"
    first = {"manifests/a.yaml": definition(group, "widgets")}
    assert isinstance(dev.release(first), Succeeded)
    twice = {**first, "manifests/b.yaml": definition(group, "gadgets"), "manifests/c.yaml": config_map("c", v="1")}
    outcome = dev.release(twice)
    assert isinstance(outcome, Failed)
    assert outcome.kind == "SystemUnavailable"
    assert "the server does not serve the definition yet" in outcome.message
    assert dev.get("api/v1/configmaps", "c") is None
    fixed = {**first, "manifests/c.yaml": config_map("c", v="1")}
    assert isinstance(dev.release(fixed), Succeeded)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 8])
def test_a_fault_on_the_way_back_is_told_with_what_caused_it_and_the_next_run_takes_it_up(place, at):
    dev = place()
    good = dev.release(files("1", 6))
    struck = []

    def hook(number, method, path):
        if '"event": "failed"' not in dev.logged.getvalue():
            return None
        struck.append(f"{method} {path}")
        return Refuse(500, message="a fault on the way back") if len(struck) == at else None

    with watched(dev, hook) as (there, _):
        outcome = there.release(files("2", 8, "crash"))
    if len(struck) < at:
        assert "is back at release" in outcome.message
        return
    assert isinstance(outcome, Failed), outcome
    assert "CrashLoopBackOff" in outcome.message, (struck[at - 1], outcome)
    assert "a fault on the way back" in outcome.message or "is back at release" in outcome.message, struck[at - 1]
    assert isinstance(dev.release(files("3", 4)), Succeeded)
    assert state(dev).keys() == {f"c{n:02}" for n in range(4)} | {"web"}
    assert good.number == 1
