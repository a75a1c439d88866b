"""Helm's hooks: objects that run to their end before or after the release's own are applied."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from deployer.desired import HELM_MANAGER, Desired
from deployer.helm.chart import Chart, Hook
from deployer.kube.verbs import Cluster
from deployer.objects import Key, key_of, with_metadata
from deployer.wait.health import Health
from deployer.wait.judge import judge

Moment = Literal["pre", "post"]
Outcome = Literal["done", "running"]
# Kinds that Helm waits for; of every other kind a hook is done when it is there.
RUNS = frozenset({"Job", "Pod"})


class HookFailed(Exception):
    def __init__(self, hook: Hook, health: Health) -> None:
        super().__init__(f"hook {hook.kind} {hook.name} ({', '.join(hook.events)}): {health.message}")


@dataclass
class Hooks:
    """Runs the hooks of one moment, one by one. What was started and done outlives the invocation, in the journal."""

    cluster: Cluster
    namespace: str
    installed: Callable[[str], bool]  # whether the Helm release was there before
    remember: Callable[[str], object]
    remembered: Callable[[], tuple[str, ...]]
    check: Callable[[], None]

    def run(self, desired: Desired, moment: Moment, over: Callable[[], bool], until: Callable[[], bool]) -> Outcome:
        """`running` when the invocation is over first; HookFailed when one failed, or `until` says: too long."""
        for chart in desired.charts:
            event = f"{moment}-{'upgrade' if self.installed(chart.release) else 'install'}"
            for hook in hooks_of(chart, event):
                if f"done:{event}:{hook.name}" in self.remembered():
                    continue
                self._start(hook, event)
                while (health := self._health(hook)).state != "ready":
                    if health.state == "failed" or until():
                        self._delete(hook, "hook-failed")
                        raise HookFailed(hook, health)
                    if over():
                        return "running"
                    time.sleep(0.5)
                self.remember(f"done:{event}:{hook.name}")
                self._delete(hook, "hook-succeeded")
        return "done"

    def _start(self, hook: Hook, event: str) -> None:
        name = f"started:{event}:{hook.name}"
        if name in self.remembered():
            return
        key = self._key(hook)
        live = self.cluster.get(key)
        if live and "before-hook-creation" in hook.delete_policies:
            self.check()
            self.cluster.delete(key, str(live["metadata"]["uid"]))
            while self.cluster.get(key):
                time.sleep(0.2)
        self.check()
        self.cluster.apply(self._object(hook), HELM_MANAGER, force=True)
        self.remember(name)

    def _health(self, hook: Hook) -> Health:
        if hook.kind not in RUNS:
            return Health("ready")
        live = self.cluster.get(self._key(hook))
        if live is None:
            return Health("failed", "it was deleted before it ended")
        phase = (live.get("status") or {}).get("phase")
        if hook.kind == "Pod" and phase not in ("Succeeded", "Failed"):
            return Health("progressing", f"the pod is {phase}")
        return judge(live)

    def _delete(self, hook: Hook, policy: str) -> None:
        if policy in hook.delete_policies:
            live = self.cluster.get(self._key(hook))
            if live:
                self.check()
                self.cluster.delete(self._key(hook), str(live["metadata"]["uid"]))

    def _key(self, hook: Hook) -> Key:
        return key_of(self._object(hook))

    def _object(self, hook: Hook) -> dict[str, object]:
        resource = self.cluster.resources.of(key_of(hook.object))
        namespace = self.namespace if resource.namespaced else ""
        return with_metadata(hook.object, labels={}, annotations={}, namespace=namespace)


def hooks_of(chart: Chart, event: str) -> list[Hook]:
    """The chart's hooks for an event, in Helm's order: by weight, then by name."""
    return sorted((hook for hook in chart.hooks if event in hook.events), key=lambda hook: (hook.weight, hook.name))
