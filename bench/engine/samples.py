"""The runs of one benchmark: by work and tool, with what went wrong."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.engine.process import ProgramFailed, Ran
from bench.figures import middle


@dataclass
class Samples:
    """`measure` shows each run as it comes; a tool that failed at a work is shown, and has no figure for it."""

    began: float = field(default_factory=time.monotonic)
    runs: dict[tuple[str, str], list[Ran]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    tables: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)  # by title, with their heads

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.began:6.0f} s] {text}", flush=True)

    def measure(self, work: str, tool: str, measured: Callable[[], Ran]) -> Ran | None:
        try:
            ran = measured()
        except ProgramFailed as failed:
            self.fail(work, tool, failed)
            return None
        self.runs[work, tool].append(ran)
        waited = f" and {ran.waited:.3f} s of waiting" if ran.waited else ""
        self.say(f"{work}: {tool} {ran.working:.3f} s{waited}, {ran.cpu:.2f} s CPU, {ran.memory / 1e6:.0f} MB")
        return ran

    def fail(self, work: str, tool: str, reason: ProgramFailed) -> None:
        self.failures[work, tool] = str(reason)
        self.say(f"{work}: {tool} FAILED\n{reason}")

    def failed(self, tool: str) -> bool:
        """At any work: what a tool did not do, it cannot do again, or undo."""
        return any(name == tool for _, name in self.failures)

    def seconds(self, work: str, tool: str) -> float | None:
        """The median, without the waiting for pods and controllers; None when any run failed."""
        return self._median(work, tool, lambda ran: ran.working)

    def until_healthy(self, work: str, tool: str) -> float | None:
        return self._median(work, tool, lambda ran: ran.seconds)

    def megabytes(self, work: str, tool: str) -> float | None:
        return self._median(work, tool, lambda ran: ran.memory / 1e6)

    def why_not(self, work: str, tool: str) -> str:
        """Why there is no figure: the last line that tells most."""
        if (work, tool) in self.failures:
            return f"{tool} failed: {self.failures[work, tool].splitlines()[-1].strip()[:200]}"
        return "" if self.runs.get((work, tool)) else f"{tool} was not measured"

    def _median(self, work: str, tool: str, of: Callable[[Ran], float]) -> float | None:
        found = self.runs.get((work, tool), [])
        return middle(map(of, found)) if found and (work, tool) not in self.failures else None
