"""How each hook of a release ran: written into the journal one by one, told in Helm's record."""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from deployer.helm.chart import Hook
from deployer.values import dataclass

Phase = Literal["Succeeded", "Failed"]
NEVER = {"started_at": "", "completed_at": "", "phase": ""}


@dataclass(frozen=True)
class Run:
    """One execution that ended. None of its words holds a space: names are Kubernetes's."""

    release: str
    event: str
    kind: str
    name: str
    phase: Phase
    started: str
    completed: str

    def __str__(self) -> str:
        return " ".join((self.release, self.event, self.kind, self.name, self.phase, self.started, self.completed))

    @classmethod
    def read(cls, text: str) -> "Run":
        release, event, kind, name, phase, started, completed = text.split(" ")
        return cls(release, event, kind, name, "Succeeded" if phase == "Succeeded" else "Failed", started, completed)

    def is_of(self, release: str, hook: Hook) -> bool:
        return (self.release, self.kind, self.name) == (release, hook.kind, hook.name)


def last_run(release: str, hook: Hook, runs: Iterable[Run]) -> dict[str, str]:
    """Helm's `last_run` of a hook."""
    found = NEVER
    for run in runs:
        if run.is_of(release, hook):
            found = {"started_at": run.started, "completed_at": run.completed, "phase": run.phase}
    return found


def now() -> str:
    """This moment as Helm writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
