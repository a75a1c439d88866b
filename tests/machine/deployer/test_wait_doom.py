"""What cannot heal is told within its grace, in the cluster's own words: one test a doom, graces cut to a tenth."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from deployer.objects import Object
from deployer.wait.graces import Graces
from deployer.wait.rollout import Verdict
from tests.support.controlplane import ControlPlane
from tests.support.rollouts import SOON, Field, job, workload

SIDE = {"initContainers": [{"name": "first", "image": "registry.example/first:1"}]}
PROXY = {"initContainers": [{"name": "proxy", "image": "registry.example/proxy:1", "restartPolicy": "Always"}]}
QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight"}, "spec": {"hard": {"pods": "0"}}}

# name: (field, objects, seconds that it may take)
CASES: dict[str, tuple[str, tuple[Object, ...], float]] = {
    "name": ("common", (workload("Deployment", "name", "name"),), 20),
    "pull": ("common", (workload("Deployment", "pull", "pull"),), 20),
    "config": ("common", (workload("StatefulSet", "config", "config"),), 20),
    "mount": ("common", (workload("Deployment", "mount", "mount"),), 25),
    "crash": ("common", (workload("Deployment", "crash", "crash"),), 20),
    "oom": ("common", (workload("Deployment", "oom", "oom"),), 20),
    "init": ("common", (workload("Deployment", "init", "init", pod_spec=SIDE),), 20),
    "sidecar": ("common", (workload("Deployment", "sidecar", "sidecar", pod_spec=PROXY),), 20),
    "unschedulable": ("common", (workload("Deployment", "unschedulable", "unschedulable"),), 25),
    "backoff": ("common", (job("backoff", "exit"),), 25),
    "deadline": ("common", (job("deadline", "starting", activeDeadlineSeconds=1, backoffLimit=3),), 25),
    "progress": ("common", (workload("Deployment", "progress", "starting", progressDeadlineSeconds=2),), 25),
    "quota": ("quota", (workload("Deployment", "quota"),), 25),
    "quota-set": ("quota", (workload("StatefulSet", "quota-set"),), 25),
    "quota-job": ("quota", (job("quota-job"),), 25),
    "admission": ("strict", (workload("Deployment", "admission"),), 25),
    # what is no doom, seen as long as its trouble would have been given
    "hiccup": ("common", (workload("Deployment", "hiccup", "hiccup"),), 4),
    "scaling": ("common", (workload("Deployment", "scaling", "scaling"),), 9),
}  # fmt: skip


def enforced(plane: ControlPlane, quota: str) -> None:
    """Nothing is refused before the quota's controller has looked at it."""
    until = time.monotonic() + 20
    while not (plane.admin.get(quota).get("status") or {}).get("hard"):
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture(scope="module")
def verdicts(plane: ControlPlane) -> Iterator[dict[str, Future[Verdict]]]:
    """All cases at once: they wait side by side."""
    fields = {
        "common": Field(plane, "doom").make(),
        "quota": Field(plane, "doom-quota").make(),
        "strict": Field(plane, "doom-strict").make(**{"pod-security.kubernetes.io/enforce": "restricted"}),
    }
    fields["quota"].apply("quota", QUOTA)
    enforced(plane, "/api/v1/namespaces/doom-quota/resourcequotas/tight")
    with ThreadPoolExecutor(len(CASES)) as threads:
        yield {
            name: threads.submit(fields[field].wait, name, *objects, seconds=seconds)
            for name, (field, objects, seconds) in CASES.items()
        }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("name", ["Deployment name: pod name-", "container app: InvalidImageName: Failed to apply default image tag"]),
        ("pull", ["ErrImagePull: failed to resolve reference", "not found"]),
        ("config", ["StatefulSet config: pod config-0", 'CreateContainerConfigError: secret "database" not found']),
        ("mount", ["pod mount-", 'FailedMount (3 times): MountVolume.SetUp failed for volume "v"', "not found"]),
        ("crash", ["CrashLoopBackOff: exit code 3, restarted 3 times", "events:\n  BackOff (3 times): Back-off"]),
        ("oom", ["exit code 137 (OOMKilled, memory limit 64Mi), restarted 3 times"]),
        ("init", ["init container first: CrashLoopBackOff: exit code 3"]),
        ("sidecar", ["sidecar proxy: CrashLoopBackOff: exit code 3"]),
        ("unschedulable", ["Unschedulable: 0/3 nodes are available: 3 Insufficient memory"]),
        ("backoff", ["Job backoff: BackoffLimitExceeded", "container app: Error: exit code 3"]),
        ("deadline", ["Job deadline: DeadlineExceeded: Job was active longer than specified deadline"]),
        ("progress", ["has timed out progressing", "Unhealthy (3 times): Readiness probe failed"]),
        ("quota", ["Deployment quota: ", "exceeded quota: tight, requested: pods=1, used: pods=0, limited: pods=0"]),
        ("quota-set", ["StatefulSet quota-set: its pods are not made: FailedCreate", "exceeded quota: tight"]),
        ("quota-job", ["Job quota-job: its pods are not made: FailedCreate", "exceeded quota: tight"]),
        ("admission", ["Deployment admission: ", 'violates PodSecurity "restricted:latest"']),
    ],
)
def test_doom_is_named_with_its_object_and_the_clusters_words(
    verdicts: dict[str, "Future[Verdict]"], name: str, words: list[str]
) -> None:
    verdict = verdicts[name].result()
    assert verdict.doom, verdict.summary
    assert [each for each in words if each not in verdict.doomed] == [], verdict.doomed


@pytest.mark.parametrize("name", ["hiccup", "scaling"])
def test_trouble_that_may_heal_is_told_and_dooms_nothing_within_its_grace(
    verdicts: dict[str, "Future[Verdict]"], name: str
) -> None:
    verdict = verdicts[name].result()
    assert verdict.doom is None, verdict.doomed
    assert not verdict.healthy
    assert f"Deployment {name}: 0 of 1 replicas" in verdict.summary


def test_registry_that_never_answers_dooms_in_the_end(plane: ControlPlane) -> None:
    patient = Graces().scaled(0.02)
    verdict = Field(plane, "doom-pull").make().wait("pull", workload("Deployment", "pull", "hiccup"), graces=patient)
    assert "ImagePullBackOff: failed to resolve reference" in verdict.doomed
    assert SOON.pull > patient.pull
