"""The wait itself on a real API server: what wakes it, what it survives, and what it never believes."""

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from deployer.kube.client import Kube
from deployer.wait.graces import Graces
from deployer.wait.kinds.claim import asked_of
from tests.support.controlplane import NOBODY, ControlPlane
from tests.support.fault_proxy import Cut, Fault, FaultProxy, Refuse, Stream, error_event
from tests.support.lag import lag
from tests.support.rollouts import Field, job, until, workload

NUMBERS = itertools.count(1)
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.fixture
def field(plane: ControlPlane) -> Field:
    return Field(plane, f"wait-{next(NUMBERS)}").make()


class Once:
    """A fault at the first watch of each collection; every other request goes through."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.struck: set[str] = set()

    def __call__(self, number: int, method: str, path: str) -> Fault | None:
        collection = path.partition("?")[0]
        if "watch=1" not in path or collection in self.struck:
            return None
        self.struck.add(collection)
        return self.fault


@pytest.fixture
def through(plane: ControlPlane) -> Iterator[Callable[[Once], Kube]]:
    """A client that meets faults."""
    opened: list[tuple[FaultProxy, Kube]] = []

    def make(hook: Once) -> Kube:
        proxy = FaultProxy(plane.url, plane.ca, hook).__enter__()
        kube = dataclasses.replace(plane, url=proxy.url, ca=proxy.ca).kube("admin-token")
        opened.append((proxy, kube))
        return kube

    yield make
    for proxy, kube in opened:
        kube.close()
        proxy.__exit__()


@pytest.mark.parametrize(
    "fault",
    [
        Cut(3_000),
        Refuse(410, reason="Expired"),
        Refuse(403, reason="Forbidden"),
        Stream((error_event(410, "Expired"),)),
        Stream((error_event(500, "InternalError"),)),
        Stream((), then="end"),
        Stream((), then="reset"),
    ],
    ids=["cut", "410", "403", "410 in the stream", "500 in the stream", "closed", "reset in a line"],
)
def test_wait_survives_what_becomes_of_its_watches(field: Field, through: Callable[[Once], Kube], fault: Fault) -> None:
    hook = Once(fault)
    field.kube = through(hook)
    verdict = field.wait("web", workload("Deployment", "web", "1.5"), workload("StatefulSet", "db", "1.5"))
    assert verdict.healthy, verdict
    assert len(hook.struck) == 4, "deployments, statefulsets, pods and replicasets were watched"


def test_status_of_an_older_generation_is_never_healthy(field: Field) -> None:
    """Twenty changes, each looked at as soon as it is written, often before its controller has seen it."""
    for number in range(20):
        changed = workload("Deployment", "web", replicas=1 + number % 2)
        desired, generations = field.apply("web", changed)
        with field.rollout("web") as rollout:
            rollout.begin(desired, generations)
            assert until(rollout, 30).healthy
        live = field.plane.admin.get(f"/apis/apps/v1/namespaces/{field.namespace}/deployments/web")
        assert live["status"]["observedGeneration"] >= next(iter(generations.values()))
        assert live["status"]["availableReplicas"] == 1 + number % 2


def test_generation_that_was_written_counts_even_where_the_server_shows_none_yet(field: Field) -> None:
    desired, generations = field.apply("web", workload("Deployment", "web"))
    with field.rollout("web") as rollout:
        rollout.begin(desired, generations)
        assert until(rollout, 30).healthy
        rollout.begin(desired, dict.fromkeys(generations, 99))
        verdict = rollout.next(0.0)
    assert not verdict.healthy
    assert verdict.summary.endswith("Deployment web: its controller has not seen it yet")


def test_pod_of_its_own_is_waited_for_beside_the_pods_of_others(field: Field) -> None:
    meta = {"name": "one", "annotations": {"test/pod": "1"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "a", "image": "i"}]}}
    verdict = field.wait("set", pod, workload("Deployment", "web", "2"))
    assert verdict.healthy, verdict


def test_nothing_is_watched_when_everything_is_ready(field: Field, through: Callable[[Once], Kube]) -> None:
    hook = Once(Refuse(500))
    desired, _ = field.apply("web", workload("Deployment", "web"))
    assert field.wait("web", workload("Deployment", "web")).healthy
    field.kube = through(hook)
    with field.rollout("web") as rollout:
        rollout.begin(desired, {})
        assert rollout.next(0.0).healthy
    assert not hook.struck


def test_job_that_ends_and_is_taken_away_by_its_ttl_is_done(field: Field) -> None:
    objects = job("seed", "done", ttlSecondsAfterFinished=0), workload("Deployment", "web", "2.5")
    desired, generations = field.apply("set", *objects)
    for name in ("seen to end", "gone before it was looked at"):
        with field.rollout("set") as rollout:
            rollout.begin(desired, generations)
            verdict = until(rollout, 30)
        assert verdict.healthy, f"{name}: {verdict}"
        assert verdict.noted == ["Job seed: it ended well, and its time to live is over"], name


def test_object_that_is_deleted_while_it_is_waited_for_dooms(field: Field) -> None:
    desired, generations = field.apply("web", workload("Deployment", "web", "60"))
    path = f"/apis/apps/v1/namespaces/{field.namespace}/deployments/web"
    with field.rollout("web") as rollout:
        rollout.begin(desired, generations)
        rollout.next(1.0)
        threading.Timer(0.5, lambda: field.plane.admin.request("DELETE", path)).start()
        verdict = until(rollout, 10)
    assert "Deployment web: it was deleted" in verdict.doomed


def test_claim_of_a_class_that_waits_for_its_first_pod_is_not_waited_for(field: Field) -> None:
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"{field.namespace}-late"},
        "provisioner": "example.com/none",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    spec = {**CLAIM["spec"], "storageClassName": f"{field.namespace}-late"}  # type: ignore[dict-item]
    verdict = field.wait("claim", storage, {**CLAIM, "spec": spec}, seconds=3)
    assert verdict.healthy, verdict


def test_claim_whose_provisioner_refuses_dooms_in_its_words(field: Field) -> None:
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"{field.namespace}-now"},
        "provisioner": "example.com/none",
        "volumeBindingMode": "Immediate",
    }
    spec = {**CLAIM["spec"], "storageClassName": f"{field.namespace}-now"}  # type: ignore[dict-item]
    desired, generations = field.apply("claim", storage, {**CLAIM, "spec": spec})
    path, end = f"/api/v1/namespaces/{field.namespace}/persistentvolumeclaims/data", time.monotonic() + 30
    # Until the volume controller has marked it, nobody works on it, and it is not waited for.
    while not asked_of(live := field.plane.admin.get(path)) and time.monotonic() < end:
        time.sleep(0.02)
    told = {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "data.1"}, "type": "Warning", "count": 2,
        "involvedObject": {"kind": "PersistentVolumeClaim", "namespace": field.namespace, "name": "data",
                           "uid": live["metadata"]["uid"]},
        "reason": "ProvisioningFailed", "message": "the zone has no capacity left",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    field.plane.admin.request("POST", f"/api/v1/namespaces/{field.namespace}/events", body=told)
    with field.rollout("claim", Graces().scaled(0.03)) as rollout:
        rollout.begin(desired, generations)
        verdict = until(rollout, 20)
    assert "PersistentVolumeClaim data: example.com/none has not made its volume yet: " in verdict.doomed
    assert "ProvisioningFailed (2 times): the zone has no capacity left" in verdict.doomed


def test_load_balancer_that_no_controller_takes_up_is_told_and_one_that_is_taken_up_waited_for(field: Field) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "front"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "front"}, "ports": [{"port": 80}]},
    }
    desired, generations = field.apply("lb", service)
    with field.rollout("lb") as rollout:
        rollout.begin(desired, generations)
        told = rollout.next(0.0).summary
    assert told.endswith("no controller has taken up its load balancer, waited for 20 s at most")
    with field.rollout("lb") as rollout:  # not written now: its grace is over
        rollout.begin(desired, {})
        verdict = rollout.next(0.0)
    assert verdict.healthy
    assert verdict.noted == ["Service front: no controller has taken up its load balancer"]
    path = f"/api/v1/namespaces/{field.namespace}/services/front"
    taken = {"metadata": {"finalizers": ["service.k8s.aws/resources"]}}
    merge = "application/merge-patch+json"
    field.plane.admin.request("PATCH", path, body=taken, content=merge)
    given = {"status": {"loadBalancer": {"ingress": [{"hostname": "front.elb.example"}]}}}
    with field.rollout("lb") as rollout:
        rollout.begin(desired, {})
        assert rollout.next(0.0).summary.endswith("Service front: its load balancer has no address yet")
        give = threading.Timer(
            0.3, lambda: field.plane.admin.request("PATCH", path + "/status", body=given, content=merge)
        )
        give.start()
        assert until(rollout, 10).healthy
        give.join()
    field.plane.admin.request("PATCH", path, body={"metadata": {"finalizers": None}}, content=merge)


def test_identity_without_the_right_to_list_is_told_so(field: Field) -> None:
    desired, generations = field.apply("web", workload("Deployment", "web"))
    field.kube = field.plane.kube(NOBODY)
    with field.rollout("web") as rollout, pytest.raises(Exception, match="cannot list resource"):
        rollout.begin(desired, generations)
    field.kube.close()


def test_verdict_comes_within_milliseconds_of_the_last_status(plane: ControlPlane) -> None:
    # One of some, for a busy machine; whatever looks again after a pause is past the bound each time.
    assert any(lag(plane, f"wait-{next(NUMBERS)}", deployments=10) < 0.25 for _ in range(4))
