"""What LISTs and watches tell of a set, put together."""

from typing import Any

from deployer.objects import Identity
from deployer.wait.standing import Standing

WEB = Identity("apps", "Deployment", "shop", "web")
SEED = Identity("batch", "Job", "shop", "seed")
FRONT = Identity("", "Service", "shop", "front")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def deployment(available: int = 1, **meta: Any) -> dict[str, Any]:
    counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": available}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1},
        "metadata": {"name": "web", "namespace": "shop", "generation": 1, **meta},
        "status": {"observedGeneration": 1, **counts},
    }  # fmt: skip


def job(*conditions: str) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "seed", "namespace": "shop"},
        "status": {"conditions": [{"type": each, "status": "True", "reason": each} for each in conditions]},
    }  # fmt: skip


def front(*finalizers: str) -> dict[str, Any]:
    meta = {"name": "front", "namespace": "shop", "finalizers": list(finalizers)}
    spec = {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def standing(*objects: Identity, written: bool = True, clock: Clock | None = None) -> Standing:
    return Standing(frozenset(objects), dict.fromkeys(objects, 0) if written else {}, clock or Clock())


def test_nothing_is_ready_before_it_was_looked_at() -> None:
    assert set(standing(WEB, SEED).waiting()) == {WEB, SEED}


def test_what_others_label_as_ours_does_not_count() -> None:
    stand = standing(WEB)
    stand.listed([WEB], [deployment(), {**deployment(), "metadata": {"name": "other", "namespace": "shop"}}])
    assert stand.waiting() == {}


def test_object_that_stops_being_ready_is_waited_for_again() -> None:
    stand = standing(WEB)
    stand.seen(deployment())
    stand.seen(deployment(available=0))
    assert list(stand.waiting()) == [WEB]
    assert list(stand.live) == [WEB]
    stand.seen(deployment())
    assert (stand.waiting(), stand.live) == ({}, {})


def test_object_that_a_list_lacks_has_failed() -> None:
    stand = standing(WEB)
    stand.listed([WEB], [])
    assert stand.waiting()[WEB].state == "failed"


def test_generation_of_our_own_write_is_the_least_that_counts() -> None:
    stand = Standing(frozenset([WEB]), {WEB: 2}, Clock())
    stand.seen(deployment())
    assert stand.waiting()[WEB].message == "its controller has not seen it yet"


def test_job_that_was_seen_to_end_well_may_go() -> None:
    for last in (job("Complete"), job()):
        stand = standing(SEED)
        stand.seen(job("Complete"))
        stand.gone(SEED, last)
        assert stand.waiting() == {}
        assert "time to live" in stand.notes(stand.waiting())[SEED]


def test_job_that_goes_with_its_end_in_the_last_event_is_judged_by_it() -> None:
    stand = standing(SEED)
    stand.seen(job())
    stand.gone(SEED, job("Complete"))
    assert stand.waiting() == {}


def test_job_that_goes_without_an_end_has_failed() -> None:
    stand = standing(SEED)
    stand.seen(job())
    stand.gone(SEED, job())
    assert stand.waiting()[SEED].state == "failed"
    failed = standing(SEED)
    failed.gone(SEED, job("Failed"))
    assert failed.waiting()[SEED].message.startswith("Failed")


def test_grace_runs_from_the_first_sight_and_its_end_is_told() -> None:
    clock = Clock()
    stand = standing(FRONT, clock=clock)
    stand.seen(front())
    assert list(stand.waiting()) == [FRONT]
    assert stand.due() == 120.0
    clock.now = 119.0
    stand.seen(front())
    assert list(stand.waiting()) == [FRONT]
    clock.now = 120.0
    assert stand.waiting() == {}
    assert stand.notes(stand.waiting()) == {FRONT: "no controller has taken up its load balancer"}
    assert stand.due() == float("inf")


def test_object_that_this_release_did_not_write_has_no_grace_left() -> None:
    stand = standing(FRONT, written=False)
    stand.seen(front())
    assert stand.waiting() == {}


def test_object_that_was_taken_up_is_waited_for_without_end() -> None:
    stand = standing(FRONT, written=False)
    stand.seen(front("service.k8s.aws/resources"))
    assert list(stand.waiting()) == [FRONT]
    assert stand.due() == float("inf")


def test_job_that_was_not_there_at_first_is_known_as_such() -> None:
    stand = standing(SEED, WEB)
    stand.listed([SEED], [])
    stand.listed([WEB], [])
    assert (stand.never_seen(SEED), stand.never_seen(WEB)) == (True, False)
    stand.ended(SEED)
    assert list(stand.waiting()) == [WEB]
