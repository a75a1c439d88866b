"""Watches on a real API server, behind a relay that ends, breaks, refuses and forgets them."""

import random
import threading
import time

import pytest

from deployer.errors import Unavailable
from deployer.kube.client import Endpoint, Kube
from deployer.kube.errors import ApiError, Gone
from deployer.kube.watch import watch_any
from tests.support.controlplane import TOKEN
from tests.support.fault_proxy import At, BlackHole, Cut, FaultProxy, Refuse, Reset, Stream, error_event


@pytest.fixture
def proxy(plane):
    with FaultProxy(plane.url, plane.ca) as running:
        yield running


@pytest.fixture
def kube(proxy):
    held = [TOKEN]
    made = Kube(Endpoint(proxy.url, proxy.ca, "the test"), lambda renew=False: held[0], patience=2.0)
    yield made
    made.close()


class Collection:
    """The ConfigMaps of a namespace, written past the proxy."""

    def __init__(self, admin, namespace):
        self._admin, self.path = admin, f"/api/v1/namespaces/{namespace}/configmaps"

    @property
    def version(self):
        return self._admin.get(self.path)["metadata"]["resourceVersion"]

    def add(self, name):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        return self._admin.request("POST", self.path, body=body)["metadata"]["resourceVersion"]


@pytest.fixture
def collection(plane, place):
    made = Collection(plane.admin, place().namespace)
    until = time.monotonic() + 10  # the controller-manager writes one of its own
    while not plane.admin.get(made.path)["items"] and time.monotonic() < until:
        time.sleep(0.02)
    return made


def names(watch, count, within=10.0):
    until, found = time.monotonic() + within, []
    while len(found) < count and time.monotonic() < until:
        if event := watch.next(until - time.monotonic()):
            found.append(event.object["metadata"]["name"])
    return found


def test_a_timeout_is_kept_to_and_an_event_wakes_at_once(kube, collection):
    with kube.watch(collection.path, {}, collection.version) as watch:
        began = time.monotonic()
        assert watch.next(0.2) is None
        assert 0.2 <= time.monotonic() - began < 2.0
        wrote, late = [], []
        for name in "abcdefgh":
            writer = threading.Timer(0.1, lambda name: wrote.append((collection.add(name), time.monotonic())), (name,))
            writer.start()
            event = watch.next(10.0)
            seen = time.monotonic()
            writer.join()
            version, at = wrote[-1]
            assert (event.type, event.object["metadata"]["name"]) == ("ADDED", name)
            assert watch.version == version
            late.append(seen - at)
        assert min(late) < 0.05  # the best of some: a busy machine is late now and then, a pause always is


def test_of_several_watches_the_one_with_an_event_is_told(kube, plane, place):
    several = [Collection(plane.admin, place().namespace) for _ in range(4)]
    watches = [kube.watch(each.path, {}, each.version) for each in several]
    assert watch_any([], 0.01) is None
    for at in (2, 0, 3):
        several[at].add("told")
        while True:
            watch, event = watch_any(watches, 5.0)
            if event.object["metadata"]["name"] == "told":
                break
        assert watch is watches[at]
    for watch in watches:
        watch.close()
    assert watch_any(watches, 5.0) is None


@pytest.mark.parametrize(
    "fault",
    [
        Reset(), Cut(0), Cut(100), Refuse(503), Refuse(429, 1), Stream(), Stream(then="reset"),
        Stream((error_event(500),)), Stream((error_event(504),)), Stream((error_event(401, "Unauthorized"),)),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_pass_opens_the_watch_again_from_where_it_was(kube, proxy, collection, fault):
    proxy.on_request = At({1: fault})
    with kube.watch(collection.path, {}, collection.version) as watch:
        watch.next(0.05)
        collection.add("a")
        collection.add("b")
        assert names(watch, 2) == ["a", "b"]
    assert proxy.count == 2


@pytest.mark.parametrize("fault", [Refuse(410, reason="Expired"), Stream((error_event(410, "Expired"),))], ids=str)
def test_a_410_is_gone_and_goes_on_after_a_list(kube, proxy, collection, fault):
    proxy.on_request = At({1: fault})
    watch = kube.watch(collection.path, {}, collection.version)
    with pytest.raises(Gone) as gone:
        watch.next(2.0)
    assert (gone.value.subject, watch.over) == (collection.path, True)
    assert watch.next(0.0) is None
    watch.restart(collection.version)
    collection.add("a")
    assert names(watch, 1) == ["a"]
    watch.close()


@pytest.mark.parametrize("fault", [BlackHole(), Stream(then="silence")], ids=str)
def test_silence_longer_than_idle_opens_the_watch_again(kube, proxy, collection, fault, monkeypatch):
    monkeypatch.setattr("deployer.kube.watch.ANSWERS_WITHIN", 0.4)
    proxy.on_request = At({1: fault})
    with kube.watch(collection.path, {}, collection.version, idle=0.4) as watch:
        collection.add("a")
        assert names(watch, 1, within=20.0) == ["a"]
    assert proxy.count >= 2


def test_a_stream_that_breaks_anywhere_brings_every_event_once_and_in_order(kube, proxy, collection):
    dice = random.Random(3)
    proxy.on_request = lambda *_: Cut(dice.randrange(200, 2500))
    wanted = [f"cm-{number:02d}" for number in range(40)]
    with kube.watch(collection.path, {}, collection.version) as watch:
        writer = threading.Thread(target=lambda: [collection.add(name) for name in wanted])
        writer.start()
        assert names(watch, 40, within=20.0) == wanted
        writer.join()
    assert proxy.count > 5


def test_a_bookmark_moves_the_version_and_is_no_event(kube, proxy, collection):
    version, later = collection.version, collection.add("before")
    bookmark = {"type": "BOOKMARK", "object": {"kind": "ConfigMap", "metadata": {"resourceVersion": later}}}
    proxy.on_request = At({1: Stream((bookmark,))})
    with kube.watch(collection.path, {}, version) as watch:
        assert watch.next(0.3) is None
        assert watch.version == later
        collection.add("after")
        assert names(watch, 1) == ["after"]
    assert "allowWatchBookmarks=true" in proxy.seen[0].path
    assert f"resourceVersion={later}" in proxy.seen[1].path


def test_a_token_that_ends_under_a_watch_is_renewed(proxy, collection):
    held, renewals = [TOKEN], []

    def bearer(renew=False):
        if renew:
            renewals.append(1)
            held[0] = TOKEN
        return held[0]

    kube = Kube(Endpoint(proxy.url, proxy.ca, "the test"), bearer)
    proxy.on_request = At({1: Stream()})
    with kube.watch(collection.path, {}, collection.version) as watch:
        held[0] = "expired-token"
        collection.add("a")
        assert names(watch, 1) == ["a"]
    assert renewals == [1]
    assert proxy.count == 3 - (proxy.seen[0].fault is None)


def test_a_refused_watch_says_who_lacks_what(plane, proxy, collection):
    kube = Kube(Endpoint(proxy.url, proxy.ca, "role r"), lambda renew=False: "nobody-token")
    watch = kube.watch(collection.path, {}, collection.version)
    with pytest.raises(ApiError, match="role r"):
        watch.next(5.0)
    assert proxy.count == 1


def test_a_watch_that_never_opens_is_unavailable_after_patience(kube, proxy, collection):
    proxy.on_request = lambda *_: Reset()
    watch = kube.watch(collection.path, {}, collection.version)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer"):
        watch.next(60.0)
    assert 2.0 <= time.monotonic() - began < 20.0
    assert proxy.count < 30
