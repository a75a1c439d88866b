"""The deployer's events -> lines for people: one a stage, with its time; on a terminal the running one moves."""

import threading
from collections.abc import Mapping
from typing import Any

from cli.console import TICK, Console, clip, seconds, terminal_width

FOLLOWING = {
    "before": "apply", "canary": "apply", "apply": "wait", "wait": "after", "switch": "after", "after": "prune",
    "prune": "close", "restore": "settle",
}  # fmt: skip
TITLES = {
    "plan": "plan",
    "before": "hooks before",
    "canary": "canary",
    "apply": "apply",
    "wait": "wait until healthy",
    "switch": "traffic to the release",
    "after": "hooks after",
    "prune": "prune",
    "close": "record",
    "restore": "go back",
    "settle": "wait until healthy again",
}
ALWAYS = frozenset({"plan", "apply", "wait", "prune", "restore", "settle"})
SHORT = 0.1  # seconds: other stages that took less are not worth a line
COUNTS = ("created", "configured", "unchanged", "deleted", "skipped")


class Progress:
    """Hears `Log`'s lines. `number` and `counts` are what was told last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = "plan"
        self._detail = ""
        self._began = self._stage_began = console.clock()
        self._guard = threading.RLock()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True) if console.live else None
        self._stopping = False
        self.number = 0
        self.stages: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def __enter__(self) -> "Progress":
        if self._ticker:
            self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._ticker:
            self._ticker.join()
            self._clear()

    @property
    def took(self) -> float:
        return self._console.clock() - self._began

    def hear(self, line: Mapping[str, Any]) -> None:
        """One event of the deployer."""
        heard = {
            "invoked": self._invoked,
            "planned": self._planned,
            "stage": self._ended_stage,
            "waiting": self._waiting,
            "failed": self._failed,
            "pruned": self._pruned,
            "restored": self._restored,
        }.get(str(line["event"]))
        if heard:
            with self._guard:
                heard(line)

    def stop(self) -> None:
        """From now on a stage that ends was interrupted."""
        self._stopping = True

    def _invoked(self, line: Mapping[str, Any]) -> None:
        self.number = int(line["release"])

    def _planned(self, line: Mapping[str, Any]) -> None:
        self.counts = {name: int(line[name]) for name in COUNTS if line.get(name)}
        told = ", ".join(f"{number} {name}" for name, number in self.counts.items())
        self._close("plan", self._console.clock() - self._stage_began, told or "nothing to do")
        self._begin("before")

    def _ended_stage(self, line: Mapping[str, Any]) -> None:
        if self._stopping:
            return
        stage, took = str(line["stage"]), float(line["seconds"])
        if self._stage == stage or stage not in FOLLOWING.values():
            self._close(stage, took, self._detail if stage in ("prune", "restore") else "")
        self._begin(FOLLOWING.get(stage, "close"))

    def _waiting(self, line: Mapping[str, Any]) -> None:
        self._detail = str(line["state"])
        self._draw()

    def _failed(self, line: Mapping[str, Any]) -> None:
        stage = str(line.get("stage") or self._stage)
        took = self._console.clock() - self._stage_began
        self._clear()
        self._say(self._console.colour("red", "✗"), stage, took, first_line(str(line["reason"])))
        self.stages[stage] = took
        self._begin("restore")

    def _pruned(self, line: Mapping[str, Any]) -> None:
        objects = line.get("objects") or []
        self._detail = f"{len(objects)} deleted" if objects else ""

    def _restored(self, line: Mapping[str, Any]) -> None:
        self._detail = f"release {line['release']}: {line['applied']} applied, {line['deleted']} deleted"

    def _begin(self, stage: str) -> None:
        self._stage, self._detail, self._stage_began = stage, "", self._console.clock()
        self._draw()

    def _close(self, stage: str, took: float, said: str) -> None:
        self.stages[stage] = took
        self._clear()
        if stage in ALWAYS or took >= SHORT:
            self._say(self._console.colour("green", "✓"), stage, took, said)

    def _say(self, mark: str, stage: str, took: float, said: str) -> None:
        line = f"{mark} {TITLES.get(stage, stage):<25} {seconds(took):>8}  {said}".rstrip()
        self._console.say(clip(line, terminal_width() - 1) if self._console.live else line)

    def _tick(self) -> None:
        while not self._ended.wait(TICK):
            with self._guard:
                self._draw()

    def _draw(self) -> None:
        if not self._console.live or self._ended.is_set():
            return
        took = self._console.clock() - self._stage_began
        line = f"▸ {TITLES.get(self._stage, self._stage):<25} {seconds(took):>8}  {self._detail}"
        self._console.out.write(f"\r\x1b[2K{clip(line, terminal_width() - 1)}")
        self._console.out.flush()

    def _clear(self) -> None:
        if self._console.live:
            self._console.out.write("\r\x1b[2K")


def first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0]
