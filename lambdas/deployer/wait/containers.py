"""Why a pod's containers do not run, and which of their troubles heal by themselves. Pure."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from deployer.objects import Object
from deployer.values import dataclass
from deployer.wait.graces import Graces
from deployer.wait.health import FOREVER, count

NOT_THERE = ("not found", "manifest unknown", "does not exist", "repository name not known")  # a registry's own words
NEVER = frozenset({"InvalidImageName", "ErrImageNeverPull"})
PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable"})
CONFIG = frozenset({"CreateContainerConfigError"})
CREATE = frozenset({"CreateContainerError", "RunContainerError", "StartError", "PostStartHookError"})
CRASHES = 2  # restarts after which a container that ends with an error is not starting slowly, but crashing
LONG_RUN = 600.0  # seconds after which a kubelet, too, forgets earlier crashes


@dataclass(frozen=True)
class Trouble:
    """`grace`: seconds it may still last before the release is given up.

    `needs`: (reason, phrase) of the events, one of which must confirm it; `excuses`: reasons of events that promise
    relief for `relief` more seconds.
    """

    pod: str
    container: str
    reason: str
    grace: float
    restarted: bool = False
    role: str = "container"
    what: str = ""  # what kind of trouble: a new kind begins a new grace
    said: str = ""  # what the container left as its last message; part of the reason
    needs: tuple[tuple[str, str], ...] = ()
    excuses: tuple[str, ...] = ()
    relief: float = 0.0

    def __str__(self) -> str:
        where = f", {self.role} {self.container}" if self.container else ""
        return f"pod {self.pod}{where}: {self.reason}"


def troubles_of_containers(pod: Object, graces: Graces) -> Iterator[Trouble]:
    status, spec = pod.get("status") or {}, pod.get("spec") or {}
    sidecars = {each["name"] for each in spec.get("initContainers") or [] if each.get("restartPolicy") == "Always"}
    for each in status.get("initContainerStatuses") or []:
        role = "sidecar" if each.get("name") in sidecars else "init container"
        yield from _container(pod, each, role, graces)
    for each in status.get("containerStatuses") or []:
        yield from _container(pod, each, "container", graces)


def _container(pod: Object, status: dict[str, Any], role: str, graces: Graces) -> Iterator[Trouble]:
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    reason, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    restarts, name = count(status, "restartCount"), str(status.get("name"))
    last = ended or (status.get("lastState") or {}).get("terminated") or {}
    if reason == "CrashLoopBackOff" or count(ended, "exitCode"):
        said = _crash(reason or "Error", last, restarts, _memory(pod, name))
        grace = _crash_grace(pod, last, restarts, graces)
        yield Trouble(_name(pod), name, said, grace, restarts > 0, role, "crash", _last_message(last))
    elif (found := _grace(reason, message, graces)) is not None:
        what, grace = found
        yield Trouble(_name(pod), name, f"{reason}: {message}" if message else reason, grace, restarts > 0, role, what)


def _grace(reason: str, message: str, graces: Graces) -> tuple[str, float] | None:
    """What kind of trouble a waiting reason is, and what it is given; None when it is none to worry about."""
    if reason in NEVER:
        return "name", 0.0
    if reason in PULL:
        missing = any(words in message for words in NOT_THERE)
        return "image", graces.missing_image if missing else graces.pull
    if reason in CONFIG:
        return "config", graces.config
    return ("create", graces.create) if reason in CREATE else None


def _crash_grace(pod: Object, last: dict[str, Any], restarts: int, graces: Graces) -> float:
    """All times are the node's own: its clock may be off, the span between two of its times is not."""
    if restarts < CRASHES or (_span(last.get("startedAt"), last.get("finishedAt")) or 0) >= LONG_RUN:
        return FOREVER
    lasted = _span((pod.get("status") or {}).get("startTime"), last.get("finishedAt"))
    return 0.0 if lasted is None else max(0.0, graces.crash - lasted)


def _crash(reason: str, last: dict[str, Any], restarts: int, memory: str) -> str:
    ended = f"exit code {last['exitCode']}" if "exitCode" in last else "it ended"
    limit = f", memory limit {memory}" if memory and last.get("reason") == "OOMKilled" else ""
    why = f" ({last['reason']}{limit})" if last.get("reason") not in (None, "Error", "Completed") else ""
    said = f", {_last_message(last)}" if last.get("message") else ""
    return f"{reason}: {ended}{why}{said}, restarted {restarts} times"


def _last_message(last: dict[str, Any]) -> str:
    return str(last.get("message") or "").strip()


def _memory(pod: Object, container: str) -> str:
    spec = pod.get("spec") or {}
    for each in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        if each.get("name") == container:
            return str(((each.get("resources") or {}).get("limits") or {}).get("memory") or "")
    return ""


def _span(begin: str | None, end: str | None) -> float | None:
    if not begin or not end:
        return None
    return (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(begin)).total_seconds()


def _name(pod: Object) -> str:
    return str(pod["metadata"]["name"])
