"""Which troubles of containers doom a release, and after how long."""

from typing import Any

import pytest

from deployer.wait.graces import Graces
from deployer.wait.health import FOREVER
from deployer.wait.pods import doubts, troubles, unready

GRACES = Graces()


def pod(state: dict[str, Any], restarts: int = 0, last: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    status = {"name": "app", "ready": False, "restartCount": restarts, "state": state, "lastState": last or {}}
    return {
        "kind": "Pod",
        "metadata": {"name": "web-1", "uid": "u"},
        "spec": {"containers": [{"name": "app", "resources": {"limits": {"memory": "64Mi"}}}], **more.pop("spec", {})},
        "status": {"containerStatuses": [status], **more},
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


@pytest.mark.parametrize(
    ("reason", "message", "grace"),
    [
        ("InvalidImageName", "invalid reference format", 0.0),
        ("ErrImageNeverPull", "", 0.0),
        ("ErrImagePull", "manifest unknown", GRACES.missing_image),
        ("ErrImagePull", "registry.example/web:1: not found", GRACES.missing_image),
        ("ImagePullBackOff", "Back-off pulling image", GRACES.pull),
        ("ErrImagePull", "dial tcp: i/o timeout", GRACES.pull),
        ("ErrImagePull", "429 Too Many Requests", GRACES.pull),
        ("CreateContainerConfigError", 'secret "db" not found', GRACES.config),
        ("CreateContainerConfigError", "couldn't find key url in ConfigMap shop/web", GRACES.config),
        ("CreateContainerError", "", GRACES.create),
        ("RunContainerError", "exec: no such file", GRACES.create),
    ],
)
def test_reason_gets_its_grace(reason: str, message: str, grace: float) -> None:
    found = troubles(pod(waiting(reason, message)))[0]
    assert found.grace == grace
    assert reason in str(found)
    assert message in str(found)


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", ""])
def test_container_that_is_on_its_way_is_no_trouble(reason: str) -> None:
    assert troubles(pod(waiting(reason))) == []


def ended(began: int, minute: int, **more: Any) -> dict[str, Any]:
    stamp = "2026-01-01T00:{:02}:{:02}Z"
    return {"terminated": {
        "exitCode": 1, "reason": "Error", "startedAt": stamp.format(began, 0),
        "finishedAt": stamp.format(minute, 30), **more,
    }}  # fmt: skip


def test_crashes_doom_when_the_pod_has_tried_for_long_enough() -> None:
    start = "2026-01-01T00:00:00Z"
    crash = waiting("CrashLoopBackOff")
    assert troubles(pod(crash, 1, ended(0, 0), startTime=start))[0].grace == FOREVER
    assert troubles(pod(crash, 2, ended(0, 0), startTime=start))[0].grace == 0.0
    assert troubles(pod(crash, 2, ended(0, 0), startTime="2026-01-01T00:00:26Z"))[0].grace == GRACES.crash - 4


def test_container_that_ran_for_long_before_it_ended_is_no_crash_loop() -> None:
    assert troubles(pod(waiting("CrashLoopBackOff"), 57, ended(0, 11)))[0].grace == FOREVER


def test_container_without_memory_is_named_with_its_limit_and_its_last_words() -> None:
    last = ended(0, 1, exitCode=137, reason="OOMKilled", message="allocating\n")
    found = troubles(pod(waiting("CrashLoopBackOff"), 3, last))[0]
    assert str(found) == (
        "pod web-1, container app: CrashLoopBackOff: exit code 137 (OOMKilled, memory limit 64Mi), allocating, "
        "restarted 3 times"
    )
    assert found.said == "allocating"


def test_init_containers_and_sidecars_are_named_as_what_they_are() -> None:
    crash = {"restartCount": 3, "state": waiting("CrashLoopBackOff"), "lastState": ended(0, 1)}
    item = pod(
        waiting("PodInitializing"),
        spec={"initContainers": [{"name": "proxy", "restartPolicy": "Always"}, {"name": "first"}]},
        initContainerStatuses=[{"name": "proxy", **crash}, {"name": "first", **crash}],
    )
    assert [str(found).partition(":")[0] for found in troubles(item)] == [
        "pod web-1, sidecar proxy",
        "pod web-1, init container first",
    ]


def scheduled(true: bool, **more: Any) -> dict[str, Any]:
    return {"type": "PodScheduled", "status": "True" if true else "False", **more}


def test_pod_without_a_node_quotes_the_scheduler_and_may_be_excused_by_an_autoscaler() -> None:
    told = scheduled(False, reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient cpu.")
    (found,) = doubts(pod({}, conditions=[told]))
    assert str(found) == "pod web-1: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu."
    assert (found.grace, found.relief) == (GRACES.unschedulable, GRACES.scale_up)
    assert "TriggeredScaleUp" in found.excuses
    (evicting,) = doubts(pod({}, conditions=[told], nominatedNodeName="node-1"))
    assert evicting.grace == GRACES.scale_up


def test_pod_whose_containers_are_not_made_is_doubted_only_once_it_has_a_node() -> None:
    creating = waiting("ContainerCreating")
    (found,) = doubts(pod(creating, conditions=[scheduled(True)]))
    assert found.needs
    assert doubts(pod(creating, conditions=[scheduled(False)])) == []
    assert doubts(pod({"running": {}}, conditions=[scheduled(True)])) == []


def test_pod_that_runs_without_being_ready_names_the_container_whose_log_tells_why() -> None:
    told = {"type": "Ready", "status": "False", "message": "containers with unready status: [app]"}
    found = unready(pod({"running": {}}, conditions=[told]))
    assert found
    assert (found.container, found.reason) == ("app", "containers with unready status: [app]")
    assert unready(pod(waiting("ContainerCreating"))) is None
