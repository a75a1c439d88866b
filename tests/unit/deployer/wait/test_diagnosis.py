"""From complaints to a doom, with a cluster that says what the test says."""

import base64
import json
from typing import Any, cast
from urllib.parse import quote

import pytest

from deployer.kube.client import Kube
from deployer.kube.errors import ApiError, Status
from deployer.objects import Identity
from deployer.redact import MASK, Redactor
from deployer.wait.complaints import Complaint, complaints
from deployer.wait.containers import Trouble
from deployer.wait.crowd import Crowd
from deployer.wait.diagnosis import Diagnosis
from deployer.wait.graces import Graces
from deployer.wait.health import progressing
from deployer.wait.inquiry import Inquiry
from deployer.wait.pods import CANNOT_MOUNT
from deployer.wait.refusals import REASON

WEB = Identity("apps", "Deployment", "shop", "web")
SECRET = 'canary/"value"+&é-0123456789'


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Told:
    """A cluster that has these events, and this log."""

    def __init__(self, *events: dict[str, Any], log: str = "") -> None:
        self.events, self.log, self.asked = list(events), log, 0

    def get(self, path: str, fieldSelector: str) -> dict[str, Any]:  # noqa: N803 (the API's own name)
        assert path == "/api/v1/namespaces/shop/events"
        self.asked += 1
        return {"items": self.events}

    def text(self, path: str, **options: str) -> str:
        return self.log


class Silent(Told):
    """One that allows neither to be read."""

    def get(self, path: str, fieldSelector: str) -> dict[str, Any]:  # noqa: N803
        raise ApiError(Status(403, "Forbidden", "events is forbidden"), "events")


def event(reason: str, message: str = "", kind: str = "Warning", at: int = 0, count: int = 1) -> dict[str, Any]:
    when = f"2026-01-01T00:00:{at:02}Z"
    return {"reason": reason, "message": message, "type": kind, "count": count, "lastTimestamp": when}


def diagnosis(cluster: Told, clock: Clock, *secrets: str) -> Diagnosis:
    redactor = Redactor()
    redactor.learn(secrets)
    return Diagnosis(Inquiry(cast(Kube, cluster), redactor), Graces(), clock)


def complaint(grace: float = 10.0, sticky: bool = True, **more: Any) -> Complaint:
    return Complaint(WEB, Trouble("web-1", "app", "it is broken", grace, **more), "u", sticky=sticky)


def after(seconds: float, found: Diagnosis, clock: Clock, *heard: Complaint) -> str:
    clock.now += seconds
    doom = found.of(heard)
    return str(doom) if doom else ""


def test_complaint_dooms_when_its_grace_is_over_and_not_before() -> None:
    clock = Clock()
    found = diagnosis(Told(), clock)
    assert after(0, found, clock, complaint()) == ""
    assert found.due == 10.0
    assert after(9.9, found, clock, complaint()) == ""
    assert after(0.1, found, clock, complaint()) == "Deployment web: pod web-1, container app: it is broken"


def test_events_are_asked_for_only_when_there_is_something_to_explain() -> None:
    clock, cluster = Clock(), Told()
    found = diagnosis(cluster, clock)
    after(9, found, clock, complaint())
    after(0.5, found, clock, complaint())
    assert cluster.asked == 0


def test_time_of_a_container_goes_on_when_it_tries_again_and_that_of_a_refusal_does_not() -> None:
    clock = Clock()
    found = diagnosis(Told(), clock)
    for sticky, doomed in ((True, True), (False, False)):
        heard = complaint(sticky=sticky, what=str(sticky))
        after(0, found, clock, heard)
        after(8, found, clock)
        assert bool(after(8, found, clock, heard)) is doomed


def test_what_needs_proof_dooms_by_its_event_alone() -> None:
    clock, cluster = Clock(), Told(event("FailedMount", "timed out waiting for the condition"))
    found = diagnosis(cluster, clock)
    doubt = complaint(needs=CANNOT_MOUNT)
    after(0, found, clock, doubt)
    assert after(10, found, clock, doubt) == ""
    cluster.events.append(event("FailedMount", 'configmap "settings" not found', at=1))
    assert after(0, found, clock, doubt) == "", "it was looked into a moment ago"
    assert 'it is broken: FailedMount: configmap "settings" not found' in after(5, found, clock, doubt)


def test_autoscaler_that_brings_a_node_is_given_its_time() -> None:
    clock, cluster = Clock(), Told(event("TriggeredScaleUp", "pod triggered scale-up", kind="Normal"))
    found = diagnosis(cluster, clock)
    waiting = complaint(60.0, excuses=("TriggeredScaleUp",), relief=300.0)
    after(0, found, clock, waiting)
    assert after(60, found, clock, waiting) == ""
    assert found.due == 360.0
    assert after(299, found, clock, waiting) == ""
    assert after(1, found, clock, waiting)


def test_webhook_that_does_not_answer_gets_longer_than_a_quota() -> None:
    clock = Clock()
    cluster = Told(event(REASON, "create Pod db-0 failed error: failed calling webhook: connection refused"))
    found = diagnosis(cluster, clock)
    missing = Complaint(WEB, Trouble("", "", "its pods are not made", 10.0, what="made", needs=((REASON, ""),)), "u")
    after(0, found, clock, missing)
    assert after(10, found, clock, missing) == ""
    assert "failed calling webhook" in after(50, found, clock, missing)


def test_warnings_are_the_last_few_each_once_and_never_the_reason_again() -> None:
    clock = Clock()
    said = [event("Unhealthy", f"probe {number}", at=number) for number in range(6)]
    twice = [event("BackOff", "restarting", at=10, count=3), event("BackOff", "restarting", at=11, count=2)]
    other = [event("Pulled", "image pulled", kind="Normal", at=12), event("Broken", "it is broken", at=13)]
    doom = diagnosis(Told(*other, *twice, *said), clock).of([complaint(0.0)])
    assert doom
    assert doom.events == (
        "Unhealthy: probe 3",
        "Unhealthy: probe 4",
        "Unhealthy: probe 5",
        "BackOff (5 times): restarting",
    )


def test_events_that_may_not_be_read_hide_no_doom() -> None:
    assert diagnosis(Silent(), Clock()).of([complaint(0.0)])


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"user:" + SECRET.encode()).decode(),
        quote(SECRET, safe=""),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False).replace("&", "\\u0026"),
    ],
    ids=["raw", "base64", "base64 inside", "url", "json", "go json"],
)
def test_secret_shows_neither_in_events_nor_in_logs_nor_in_the_reason(form: str) -> None:
    cluster = Told(event("BackOff", f"said {form}"), log=f"line\nconnecting with {form}\nbye")
    heard = Complaint(WEB, Trouble("web-1", "app", f"Error: {form}", 0.0, True), "u")
    doom = diagnosis(cluster, Clock(), SECRET).of([heard])
    assert doom
    for text in (doom.reason, *doom.events, doom.log):
        assert MASK in text
        assert form[2:-2] not in text
    assert doom.log.endswith("bye")


def test_what_a_kubelet_cut_off_a_secret_is_masked_as_well() -> None:
    last = SECRET[6:] + " is wrong"
    heard = Complaint(
        WEB, Trouble("web-1", "app", f"Error: exit code 1, {last}, restarted 2 times", 0.0, said=last), "u"
    )
    doom = diagnosis(Told(event("BackOff", "x" * 900 + SECRET[:14])), Clock(), SECRET).of([heard])
    assert doom
    assert doom.reason == f"pod web-1, container app: Error: exit code 1, {MASK} is wrong, restarted 2 times"
    assert SECRET[:8] not in doom.events[0]


def test_log_is_that_of_the_last_lines_alone() -> None:
    doom = diagnosis(Told(log="x" * 5_000 + "\nlast"), Clock()).of([complaint(0.0, restarted=True)])
    assert doom
    assert len(doom.log) <= 4_000
    assert doom.log.endswith("last")


def quota(kind: str = "Deployment", ending: bool = False) -> list[Complaint]:
    told = {"type": "ReplicaFailure", "status": "True", "reason": REASON, "message": "exceeded quota: tight"}
    item = {"kind": kind, "metadata": {"uid": "d", "generation": 1}, "status": {"conditions": [told]}}
    pods = Crowd()
    old: dict[str, Any] = {"kind": "Pod", "metadata": {"name": "old", "uid": "o"}}
    pods.listed("shop", [{**old, "metadata": {**old["metadata"], "deletionTimestamp": "now"}} if ending else old])
    return list(complaints({WEB: progressing("")}, {WEB: item}, pods, Crowd(), Graces()))


def test_quota_is_no_complaint_while_pods_end_that_use_it() -> None:
    assert [str(each) for each in quota()] == ["exceeded quota: tight"]
    assert quota(ending=True) == []


def test_crash_of_a_jobs_pod_is_the_jobs_own_affair() -> None:
    crash = {"name": "app", "restartCount": 5, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    owner = [{"uid": "d"}]
    pods = Crowd()
    pods.listed("shop", [{
        "kind": "Pod", "metadata": {"name": "p", "uid": "p", "ownerReferences": owner},
        "status": {"containerStatuses": [crash]},
    }])  # fmt: skip
    for kind, heard in (("Job", 0), ("ReplicaSet", 1)):
        subject = Identity("batch" if kind == "Job" else "apps", kind, "shop", "x")
        item = {"kind": kind, "metadata": {"uid": "d"}, "status": {"active": 1}}
        found = list(complaints({subject: progressing("")}, {subject: item}, pods, Crowd(), Graces()))
        assert len(found) == heard


def test_canary_of_flagger_that_has_failed_is_given_time_to_be_of_this_release_and_then_dooms_it() -> None:
    clock, subject = Clock(), Identity("flagger.app", "Canary", "shop", "web")
    found = diagnosis(Told(event("Synced", "Rolling back web.shop failed checks threshold reached 5")), clock)

    def heard(phase: str) -> list[Complaint]:
        item = {"metadata": {"uid": "u"}, "status": {"phase": phase}}
        said = progressing("its analysis has failed")
        return list(complaints({subject: said}, {subject: item}, Crowd(), Crowd(), Graces()))

    assert heard("Progressing") == []
    assert after(0, found, clock, *heard("Failed")) == ""
    assert after(119, found, clock, *heard("Failed")) == ""
    told = after(1, found, clock, *heard("Failed"))
    assert told.startswith("Canary web: its analysis has failed")
    assert "failed checks threshold reached 5" in told
