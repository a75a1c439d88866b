"""The statuses that a kubelet and a scheduler give to pods, by the word in a pod's `test/pod` annotation.

    ready (the default)     runs and is ready; a number: after so many seconds
    done                    has ended well
    starting                runs and never becomes ready
    crash, oom              has ended with an error three times, and is held back
    exit                    has ended with an error, once
    init, sidecar           its init container (or restartable init container) crashes so
    pull, hiccup            the image is not there; the registry does not answer
    name                    the image's name is none
    config                  a Secret that an environment variable names is not there
    mount                   a ConfigMap that a volume names is not there: told by an event alone
    unschedulable, scaling  no node has room; for the second an autoscaler says that it brings one

What a crashed container left as its last message is in the annotation `test/said`. Shapes as kubelet 1.36 writes them.
"""

import calendar
import time
from typing import Any

Json = dict[str, Any]

REGISTRY = 'failed to resolve reference "{image}": {why}'
NODES = "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available."
EVENTS = {
    "crash": ("Warning", "BackOff", "Back-off restarting failed container app in pod"),
    "mount": ("Warning", "FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found'),
    "scaling": ("Normal", "TriggeredScaleUp", "pod triggered scale-up: [{workers 3->4 (max: 10)}]"),
    "unschedulable": ("Warning", "FailedScheduling", NODES),
    "starting": ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
}  # fmt: skip


def wanted(pod: Json) -> str:
    return str((pod["metadata"].get("annotations") or {}).get("test/pod", "ready"))


def status(pod: Json) -> Json | None:
    """The status to write now; None when its time has not come."""
    word, created = wanted(pod), pod["metadata"]["creationTimestamp"]
    if word.replace(".", "").isdigit():
        if time.time() < _seconds(created) + float(word):
            return None
        word = "ready"
    ready = word == "ready"
    containers = pod["spec"]["containers"]
    said = str((pod["metadata"].get("annotations") or {}).get("test/said", ""))
    scheduled = word not in ("unschedulable", "scaling")
    return {
        "phase": _phase(word),
        "startTime": _stamp(_seconds(created) - 60),
        "conditions": [
            _scheduled(scheduled),
            _condition("Initialized", word not in ("init", "sidecar") and scheduled),
            *(_condition(kind, ready) for kind in ("Ready", "ContainersReady")),
        ],
        "initContainerStatuses": [_init(word, each, created) for each in pod["spec"].get("initContainers") or []],
        "containerStatuses": [_container(word, each, created, said) for each in containers] if scheduled else [],
    }  # fmt: skip


def _phase(word: str) -> str:
    if word in ("ready", "starting", "crash", "oom", "sidecar"):
        return "Running"
    return {"done": "Succeeded", "exit": "Failed"}.get(word, "Pending")


def _container(word: str, container: Json, created: str, said: str) -> Json:
    if word in ("init", "sidecar"):
        return _shape(container, {"waiting": {"reason": "PodInitializing"}})
    if word in ("crash", "oom"):
        return _crashed(container, created, word, said)
    return _shape(container, _state(word, container["image"], created), word == "ready", word in ("ready", "starting"))


def _init(word: str, container: Json, created: str) -> Json:
    if word in ("init", "sidecar"):
        return _crashed(container, created, word)
    if container.get("restartPolicy") == "Always":
        return _shape(container, {"running": {"startedAt": created}}, True, True)
    return _shape(container, {"terminated": _ended(0, "Completed", created)}, True, False)


def _state(word: str, image: str, created: str) -> Json:
    waiting = {
        "pull": ("ErrImagePull", REGISTRY.format(image=image, why=f"{image}: not found")),
        "hiccup": ("ImagePullBackOff", REGISTRY.format(image=image, why="dial tcp: i/o timeout")),
        "name": ("InvalidImageName", f'Failed to apply default image tag "{image}": invalid reference format'),
        "config": ("CreateContainerConfigError", 'secret "database" not found'),
        "mount": ("ContainerCreating", ""),
    }
    if word in waiting:
        reason, message = waiting[word]
        return {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    if word in ("done", "exit"):
        return {"terminated": _ended(0 if word == "done" else 3, "Completed" if word == "done" else "Error", created)}
    return {"running": {"startedAt": created}}


def _crashed(container: Json, created: str, word: str, said: str = "") -> Json:
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}}
    last = _ended(137, "OOMKilled", created) if word == "oom" else _ended(3, "Error", created)
    message = {"message": said} if said else {}
    return {**_shape(container, state), "restartCount": 3, "lastState": {"terminated": {**last, **message}}}


def _shape(container: Json, state: Json, ready: bool = False, started: bool = False) -> Json:
    return {
        "name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "started": started,
        "restartCount": 0, "state": state, "lastState": {},
    }  # fmt: skip


def _ended(code: int, reason: str, created: str) -> Json:
    return {"exitCode": code, "reason": reason, "startedAt": _stamp(_seconds(created) - 1), "finishedAt": created}


def _condition(kind: str, true: bool) -> Json:
    return {"type": kind, "status": "True" if true else "False"}


def _scheduled(true: bool) -> Json:
    if true:
        return _condition("PodScheduled", True)
    return {**_condition("PodScheduled", False), "reason": "Unschedulable", "message": NODES}


def _seconds(stamp: str) -> float:
    return calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))


def _stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
