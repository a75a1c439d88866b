"""Helm's hooks: objects that run to their end at a moment of the release, one by one, in Helm's order.

A hook that was started carries the attempt that started it, so that a deployer that was killed knows it again: one that
still runs is waited for, one that is done is not run twice.
"""

import time
from collections.abc import Callable
from typing import Literal

from deployer.definitions import established, told
from deployer.errors import Fatal
from deployer.helm.chart import Chart, Hook
from deployer.helm.runs import Phase, Run, now
from deployer.kube.verbs import Cluster
from deployer.objects import Key, Object, key_of, with_metadata
from deployer.values import dataclass, field
from deployer.wait.containers import Trouble
from deployer.wait.health import Health, failed, progressing
from deployer.wait.judge import judge
from deployer.wait.pods import troubles
from deployer.wait.rollout import last_lines

Outcome = Literal["done", "running"]
HELM_MANAGER = "helm"
RUN_NOTE = "shipline.dev/run"  # the attempt that started a hook
LOOK_AGAIN = 0.25  # seconds


class HookFailed(Fatal):
    def __init__(self, hook: Hook, event: str, health: Health) -> None:
        super().__init__(f"{event} hook {hook.kind} {hook.name}: {health.message}")


@dataclass
class Hooks:
    """Runs the hooks of one moment. What ended outlives the invocation, in the journal."""

    cluster: Cluster
    namespace: str
    attempt: str
    remember: Callable[[str], object]
    remembered: Callable[[], tuple[str, ...]]
    check: Callable[[], None]
    over: Callable[[], bool]  # the invocation is
    late: Callable[[], bool]  # the hooks took too long
    _since: dict[tuple[str, str], float] = field(default_factory=dict)

    def run(self, chart: Chart, event: str) -> Outcome:
        """`running` when the invocation is over first; HookFailed when one failed, or took too long."""
        hooks = hooks_of(chart, event)
        for at, hook in enumerate(hooks):
            if self._ended(chart, event, hook):
                continue
            if not self._clear(hook, event):
                return "running"
            started = self._start(hook)
            while (health := self._health(hook)).state == "progressing" and not self.late():
                if self.over():
                    return "running"
                time.sleep(LOOK_AGAIN)
            phase: Phase = "Succeeded" if health.state == "ready" else "Failed"
            self.remember(str(Run(chart.release, event, hook.kind, hook.name, phase, started, now())))
            if phase == "Failed":
                self._leave(hook, "hook-failed")
                self._leave_all(hooks[:at])
                raise HookFailed(hook, event, health)
        # Only now: what one hook made, a service account say, the next one may need.
        self._leave_all(hooks)
        return "done"

    def _ended(self, chart: Chart, event: str, hook: Hook) -> bool:
        runs = (Run.read(text) for text in self.remembered())
        return any(run.event == event and run.phase == "Succeeded" and run.is_of(chart.release, hook) for run in runs)

    def _clear(self, hook: Hook, event: str) -> bool:
        """See an earlier run's object gone, where the hook asks for that; False when the invocation is over first."""
        key = self._key(hook)
        while (live := self.cluster.get(key)) and self._is_earlier(hook, live):
            if self.late():
                raise HookFailed(hook, event, failed("the object of its last run does not go away"))
            if self.over():
                return False
            if not live["metadata"].get("deletionTimestamp"):
                self.check()
                self.cluster.delete(key, str(live["metadata"]["uid"]))
            time.sleep(LOOK_AGAIN / 5)
        return True

    def _is_earlier(self, hook: Hook, live: Object) -> bool:
        return (
            "before-hook-creation" in hook.delete_policies
            and hook.kind != "CustomResourceDefinition"
            and not self._is_mine(live)
        )

    def _start(self, hook: Hook) -> str:
        """When it was started, by this call or by an earlier invocation of this attempt."""
        live = self.cluster.get(self._key(hook))
        if live and self._is_mine(live):
            return str(live["metadata"]["creationTimestamp"])
        self.check()
        started = now()
        self.cluster.apply(self._object(hook), HELM_MANAGER, force=True)
        return started

    def _health(self, hook: Hook) -> Health:
        """Helm waits for jobs, pods and definitions; of every other kind a hook is done when it is there."""
        if hook.kind not in ("Job", "Pod", "CustomResourceDefinition"):
            return Health("ready")
        live = self.cluster.get(self._key(hook))
        if live is None:
            return failed("it was deleted before it ended")
        if hook.kind == "CustomResourceDefinition":
            return self._definition(live)
        state = _state(live)
        return state if state.state == "ready" else self._explained(hook, live, state)

    def _definition(self, live: Object) -> Health:
        if not established(live):
            return progressing("the server does not serve it yet")
        self.cluster.resources.refresh()
        return Health("ready") if told(self.cluster, live) else progressing("the server does not tell its kinds yet")

    def _explained(self, hook: Hook, live: Object, state: Health) -> Health:
        """Failed with its pods' own words; failed as well when they are in a trouble that does not heal."""
        for found in (trouble for pod in self._pods(hook, live) for trouble in troubles(pod)[:1]):
            first = self._since.setdefault((found.pod, found.container), time.monotonic())
            if state.state == "failed" or time.monotonic() - first >= found.grace or self.late():
                return failed(
                    f"{state.message}\n{self._words(hook, found)}" if state.message else self._words(hook, found)
                )
        return state

    def _pods(self, hook: Hook, live: Object) -> list[Object]:
        """The hook's pods, the youngest first."""
        if hook.kind == "Pod":
            return [live]
        path = f"/api/v1/namespaces/{self._key(hook).namespace}/pods"
        found = self.cluster.kube.get(path, labelSelector=f"job-name={hook.name}").get("items") or []
        return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)

    def _words(self, hook: Hook, trouble: Trouble) -> str:
        log = last_lines(self.cluster.kube, self._key(hook).namespace, trouble)
        return f"{trouble}" + (f"\nlast log lines:\n{log}" if log else "")

    def _leave_all(self, hooks: list[Hook]) -> None:
        for hook in reversed(hooks):
            self._leave(hook, "hook-succeeded")

    def _leave(self, hook: Hook, policy: str) -> None:
        """Delete what the policy says; what stays is as the chart has it, without our mark."""
        key = self._key(hook)
        live = self.cluster.get(key)
        if not live or not self._is_mine(live):
            return
        self.check()
        uid = str(live["metadata"]["uid"])
        if policy in hook.delete_policies and hook.kind != "CustomResourceDefinition":
            self.cluster.delete(key, uid)
        else:
            self.cluster.unmark(key, uid, RUN_NOTE, HELM_MANAGER)

    def _is_mine(self, live: Object) -> bool:
        return (live["metadata"].get("annotations") or {}).get(RUN_NOTE) == self.attempt

    def _key(self, hook: Hook) -> Key:
        return key_of(self._object(hook))

    def _object(self, hook: Hook) -> Object:
        key = key_of(hook.object)
        namespace = (key.namespace or self.namespace) if self.cluster.resources.of(key).namespaced else ""
        return with_metadata(hook.object, labels={}, annotations={RUN_NOTE: self.attempt}, namespace=namespace)


def hooks_of(chart: Chart, event: str) -> list[Hook]:
    """The chart's hooks for an event, in Helm's order: by weight, by name, and those alike as helm rendered them."""
    return sorted((hook for hook in chart.hooks if event in hook.events), key=lambda hook: (hook.weight, hook.name))


def _state(live: Object) -> Health:
    phase = (live.get("status") or {}).get("phase")
    if live["kind"] == "Pod" and phase not in ("Succeeded", "Failed"):
        return progressing(f"the pod is {phase}")
    return judge(live)
