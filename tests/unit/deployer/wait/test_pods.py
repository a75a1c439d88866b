from deployer.wait.pods import of_new_revision, troubles, unschedulable
from deployer.yaml.reader import read


def pod(statuses, **meta):
    return {
        "kind": "Pod",
        "metadata": {"name": "web-1", "uid": "p", **meta},
        "status": {"containerStatuses": read(statuses, "f")[0].value},
    }


def test_a_container_that_crashed_for_the_third_time_is_doomed_and_says_how_it_ended():
    found = troubles(
        pod("""
- name: app
  ready: false
  restartCount: 2
  state: {waiting: {reason: CrashLoopBackOff, message: back-off 20s restarting failed container}}
  lastState: {terminated: {exitCode: 137, reason: OOMKilled}}
""")
    )[0]
    assert str(found) == "pod web-1, container app: CrashLoopBackOff: exit code 137 (OOMKilled), restarted 2 times"
    assert found.grace == 0
    assert found.restarted


def test_a_container_that_crashed_once_may_still_come_up():
    found = troubles(
        pod("""
- name: app
  restartCount: 1
  state: {waiting: {reason: CrashLoopBackOff}}
  lastState: {terminated: {exitCode: 1, reason: Error}}
""")
    )[0]
    assert found.grace == float("inf")


def test_an_image_that_is_not_there_gets_less_time_than_a_registry_that_hiccups():
    missing = troubles(pod("[{name: app, state: {waiting: {reason: ErrImagePull, message: 'manifest unknown'}}}]"))[0]
    hiccup = troubles(pod("[{name: app, state: {waiting: {reason: ErrImagePull, message: 'i/o timeout'}}}]"))[0]
    assert missing.grace < hiccup.grace
    assert "manifest unknown" in str(missing)


def test_a_name_that_is_none_is_doomed_at_once():
    assert troubles(pod("[{name: app, state: {waiting: {reason: InvalidImageName}}}]"))[0].grace == 0


def test_a_container_that_runs_or_starts_is_no_trouble():
    assert (
        troubles(pod("[{name: a, state: {running: {}}}, {name: b, state: {waiting: {reason: ContainerCreating}}}]"))
        == []
    )


def test_the_scheduler_is_quoted():
    waiting = {"metadata": {"name": "p"}, "status": {"conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}
    ]}}  # fmt: skip
    assert unschedulable(waiting) == "0/1 nodes are available"


def deployment(**status):
    return {
        "kind": "Deployment",
        "metadata": {"uid": "d", "generation": 2, "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "status": status,
    }


def replica_set(uid, revision):
    return {
        "metadata": {
            "uid": uid,
            "ownerReferences": [{"uid": "d"}],
            "annotations": {"deployment.kubernetes.io/revision": revision},
        }
    }


PODS = [pod("[]", ownerReferences=[{"uid": uid}]) for uid in ("old", "new")]
SETS = [replica_set("old", "1"), replica_set("new", "2")]


def test_only_pods_of_the_new_revision_speak_for_the_release():
    assert of_new_revision(PODS, deployment(observedGeneration=2), SETS) == PODS[1:]


def test_no_pod_speaks_before_the_controller_has_seen_the_change():
    assert of_new_revision(PODS, deployment(observedGeneration=1), SETS) == []
