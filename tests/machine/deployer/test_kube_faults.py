"""Batches on a real API server behind a relay that breaks, refuses, loses and holds back, by chance and on purpose."""

import time

import pytest

from deployer.errors import Unavailable
from deployer.kube.client import Endpoint, Kube
from deployer.kube.errors import ApiError, Conflict
from deployer.kube.resources import Resources
from deployer.kube.verbs import Cluster
from deployer.objects import Key
from tests.support.controlplane import TOKEN
from tests.support.fault_proxy import At, BlackHole, Chaos, Cut, FaultProxy, Refuse, Reset, Stop

MODIFIED = 'Operation cannot be fulfilled on configmaps "x": the object has been modified; please apply your changes'


@pytest.fixture
def proxy(plane):
    with FaultProxy(plane.url, plane.ca) as running:
        yield running


@pytest.fixture
def place_of(place, plane, proxy):
    """(namespace, a cluster behind the proxy) with a client of its own."""
    made = []

    def make(bearer=lambda renew=False: TOKEN, **options):
        kube = Kube(Endpoint(proxy.url, proxy.ca, "the test"), bearer, **options)
        made.append(kube)
        return place().namespace, Cluster(kube, Resources(plane.admin))

    yield make
    for kube in made:
        kube.close()


def items(namespace, count):
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"cm-{number:03d}", "namespace": namespace},
            "data": {"v": str(number)},
        }
        for number in range(count)
    ]


def send(cluster, wanted, **options):
    return cluster.kube.many(cluster.apply_call(item, "test", **options) for item in wanted)


def live(plane, namespace):
    found = plane.admin.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]
    return {item["metadata"]["name"]: item["data"] for item in found if item["metadata"]["name"].startswith("cm-")}


def same(plane, namespace, wanted, answers):
    assert [answer["metadata"]["name"] for answer in answers] == [item["metadata"]["name"] for item in wanted]
    assert live(plane, namespace) == {item["metadata"]["name"]: item["data"] for item in wanted}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_resets_503s_and_lost_answers_end_in_the_same_state_with_at_most_half_as_many_requests_more(
    plane, proxy, place_of, seed
):
    namespace, cluster = place_of()
    proxy.on_request = Chaos(seed, reset=0.05, unavailable=0.05, lost=0.05)
    wanted = items(namespace, 200)
    same(plane, namespace, wanted, send(cluster, wanted))
    assert {type(seen.fault) for seen in proxy.seen} >= {Reset, Refuse, Cut}
    assert proxy.count <= 300


def test_bursts_of_429_are_waited_for_as_long_as_the_server_asks(plane, proxy, place_of):
    namespace, cluster = place_of()
    proxy.on_request = Chaos(7, burst=0.01, burst_seconds=0.5, retry_after=1)
    wanted = items(namespace, 300)
    began = time.monotonic()
    same(plane, namespace, wanted, send(cluster, wanted))
    bursts = [seen for seen in proxy.seen if isinstance(seen.fault, Refuse)]
    assert len(bursts) >= 4
    assert time.monotonic() - began >= 1.0
    assert proxy.count <= 450


def test_a_server_that_refuses_everything_for_a_while_is_asked_by_fewer_each_time(plane, proxy, place_of):
    namespace, cluster = place_of()
    began = time.monotonic()
    proxy.on_request = lambda *_: Refuse(429, 1) if time.monotonic() - began < 2.5 else None
    wanted = items(namespace, 100)
    same(plane, namespace, wanted, send(cluster, wanted))
    assert proxy.count <= 150


@pytest.mark.parametrize("fault", [Reset(), Cut(0), Cut(40), Cut(400)], ids=str)
def test_a_connection_cut_anywhere_is_one_request_more(plane, proxy, place_of, fault):
    namespace, cluster = place_of()
    proxy.on_request = At({1: fault})
    wanted = items(namespace, 1)
    same(plane, namespace, wanted, send(cluster, wanted))
    assert proxy.count == 2


def test_a_black_hole_is_left_after_a_third_of_the_silence(plane, proxy, place_of):
    namespace, cluster = place_of(silence=1.5)
    proxy.on_request = At({1: BlackHole(), 5: BlackHole()})
    wanted = items(namespace, 30)
    began = time.monotonic()
    same(plane, namespace, wanted, send(cluster, wanted))
    assert 0.5 <= time.monotonic() - began < 4.0
    assert proxy.count == 32


def test_a_connection_that_the_server_closed_meanwhile_costs_no_attempt(plane, proxy, place_of):
    namespace, cluster = place_of(patience=0.0)
    wanted = items(namespace, 3)
    send(cluster, wanted)
    for _ in range(3):
        proxy.stop()
        time.sleep(0.05)
        proxy.go_on()
        same(plane, namespace, wanted, send(cluster, wanted))


def test_the_500_of_a_schema_error_is_not_sent_again(proxy, place_of):
    namespace, cluster = place_of()
    (wanted,) = items(namespace, 1)
    wrong = {**wanted, "data": {"a": ["not", "a", "string"]}}
    (answer,) = send(cluster, [wrong])
    assert isinstance(answer, ApiError)
    assert (answer.status.code, answer.status.reason) == (500, "")
    assert proxy.count == 1


def test_an_apply_that_lost_a_race_is_sent_again_unless_it_named_a_version(plane, proxy, place_of):
    namespace, cluster = place_of()
    proxy.on_request = At({1: Refuse(409, reason="Conflict", message=MODIFIED)})
    (wanted,) = items(namespace, 1)
    (answer,) = send(cluster, [wanted])
    assert proxy.count == 2
    proxy.forget()
    versioned = {**wanted, "metadata": {**wanted["metadata"], "resourceVersion": answer["metadata"]["resourceVersion"]}}
    (answer,) = send(cluster, [versioned])
    assert isinstance(answer, Conflict)
    assert proxy.count == 1


def test_a_field_that_another_manager_owns_is_a_conflict_at_once(plane, proxy, place_of):
    namespace, cluster = place_of()
    (wanted,) = items(namespace, 1)
    cluster.apply(wanted, "another")
    proxy.forget()
    (answer,) = send(cluster, [{**wanted, "data": {"v": "mine"}}])
    assert isinstance(answer, Conflict)
    assert answer.status.conflicts[0][0] == ".data.v"
    assert proxy.count == 1


def test_a_token_that_ends_within_a_batch_is_renewed_once_for_all(plane, proxy, place_of):
    held, renewals = [TOKEN], []

    def bearer(renew=False):
        if renew:
            renewals.append(1)
            held[0] = TOKEN
        return held[0]

    namespace, cluster = place_of(bearer)

    def expire(number, method, path):
        if number == 40:
            held[0] = "expired-token"

    proxy.on_request = expire
    wanted = items(namespace, 100)
    same(plane, namespace, wanted, send(cluster, wanted))
    assert len(renewals) == 1
    assert 100 < proxy.count <= 100 + 32


def test_a_refusal_stands_in_its_place(plane, proxy, place_of):
    namespace, cluster = place_of()
    wanted = items(namespace, 5)
    wanted[2]["metadata"]["namespace"] = "nowhere"
    answers = send(cluster, wanted)
    assert [isinstance(answer, ApiError) for answer in answers] == [False, False, True, False, False]
    assert answers[2].status.code == 404
    assert answers[2].subject == "ConfigMap cm-002"


def test_what_the_check_raises_is_raised_after_everything_under_way_has_ended(plane, proxy, place_of):
    namespace, cluster = place_of()
    asked = []

    def check():
        asked.append(1)
        if len(asked) > 20:
            raise KeyError("the lock is lost")

    wanted = items(namespace, 60)
    with pytest.raises(KeyError, match="the lock is lost"):
        cluster.kube.many((cluster.apply_call(item, "test") for item in wanted), check)
    assert proxy.count == 20
    assert len(live(plane, namespace)) == 20


def test_a_server_that_is_stopped_at_the_kth_request_has_seen_exactly_k(plane, proxy, place_of):
    namespace, cluster = place_of(patience=0.5)
    proxy.on_request = At({7: Stop(forwarded=False)})
    with pytest.raises(Unavailable, match="does not answer"):
        send(cluster, items(namespace, 30))
    assert len(live(plane, namespace)) <= 6
    assert [seen for seen in proxy.seen[7:] if not isinstance(seen.fault, Reset)] == []


def test_wall_clocks_that_jump_have_no_influence(plane, proxy, place_of, monkeypatch):
    namespace, cluster = place_of()
    proxy.on_request = Chaos(5, reset=0.1, unavailable=0.1)
    real, jumps = time.time, iter(range(10_000_000))
    monkeypatch.setattr(time, "time", lambda: real() + (600 if next(jumps) % 2 else -600))
    wanted = items(namespace, 60)
    same(plane, namespace, wanted, send(cluster, wanted))


def test_metadata_is_listed_without_bodies_and_with_their_kind(plane, place_of):
    namespace, cluster = place_of()
    wanted = items(namespace, 400)  # more than the server sends unpacked
    send(cluster, wanted)
    found = cluster.list_metadata(Key("", "v1", "ConfigMap", namespace, ""))
    names = {item["metadata"]["name"] for item in found}
    assert names >= {item["metadata"]["name"] for item in wanted}
    assert {(item["apiVersion"], item["kind"], "data" in item) for item in found} == {("v1", "ConfigMap", False)}
    assert cluster.list_metadata(Key("", "v1", "ConfigMap", namespace, ""), "no=such") == []
