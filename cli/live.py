"""A release, watched: one picture that is redrawn on a terminal, one line per change in a pipe."""

from collections.abc import Callable
from datetime import datetime

from cli.console import Console, seconds
from cli.pipelines import FAILED, PENDING, RUNNING, SUCCEEDED, Action, Execution, now

POLL = 0.25

MARKS = {PENDING: ("dim", "·"), RUNNING: ("yellow", "▸"), SUCCEEDED: ("green", "✓"), FAILED: ("red", "✗")}


class Watch:
    """Shows an execution until it has ended, or until `pause` says so (an approval that somebody has to give)."""

    def __init__(
        self,
        console: Console,
        read: Callable[[], Execution],
        sleep: Callable[[float], None],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.console = console
        self.read = read
        self.sleep = sleep
        self.clock = clock
        self._drawn = 0
        self._told: dict[tuple[str, str], str] = {}

    def until(self, pause: Callable[[Execution], bool]) -> Execution:
        """The execution, when it has ended or is to be paused at."""
        while True:
            execution = self.read()
            self.show(execution)
            if execution.ended or pause(execution):
                self._drawn = 0  # what is said next stays below the picture
                return execution
            self.sleep(POLL)

    def show(self, execution: Execution) -> None:
        if self.console.live:
            lines = picture(self.console, execution, self.clock())
            self.console.rewrite(lines, self._drawn)
            self._drawn = len(lines)
            return
        for action in execution.actions:
            key = (action.stage, action.name)
            if action.status not in (PENDING, self._told.get(key)):
                self._told[key] = action.status
                self.console.say(line_of(self.console, action, self.clock(), execution.started))


def picture(console: Console, execution: Execution, at: datetime) -> list[str]:
    """One line per stage and action; stages of one action take a single line."""
    lines = [title(console, execution, at)]
    for action in execution.actions:
        took = action.seconds(at)
        name = f"{action.stage} / {action.name}" if action.stage != action.name else action.stage
        text = f"  {mark(console, action.status)} {name:<28} {seconds(took) if took is not None else '':>9}"
        lines.append(f"{text}  {note(action)}".rstrip())
    return lines


def title(console: Console, execution: Execution, at: datetime) -> str:
    what = f"{execution.commit[:7]} {execution.message}".strip() or execution.id
    total = elapsed(execution, at)
    kind = "going back" if execution.rolls_back else "release"
    return console.colour("bold", f"{execution.pipeline}: {kind} of {what}") + f"  {execution.status}  {seconds(total)}"


def elapsed(execution: Execution, at: datetime) -> float:
    """Seconds from the first action's start to the last one's end, or to now."""
    if execution.started is None:
        return 0.0
    ends = [action.updated for action in execution.actions if action.updated]
    end = max(ends, default=at) if execution.ended else at
    return max(0.0, (end - execution.started).total_seconds())


def line_of(console: Console, action: Action, at: datetime, since: datetime | None) -> str:
    offset = (action.started - since).total_seconds() if action.started and since else 0.0
    took = action.seconds(at)
    ended = action.status != RUNNING
    if ended and took is not None:
        offset += took
    parts = [f"  {seconds(offset):>9}", mark(console, action.status), f"{action.stage} / {action.name}"]
    parts.append(f"{action.status} after {seconds(took)}" if ended and took is not None else "started")
    return "  ".join(part for part in [*parts, note(action)] if part)


def note(action: Action) -> str:
    if action.waits_for_approval:
        return "waits for an approval"
    text = action.error or ("" if action.status == RUNNING else action.summary)
    # The first line of an error says what failed, the second one why.
    return " ".join(line.strip() for line in text.strip().splitlines()[: 2 if action.error else 1])


def mark(console: Console, status: str) -> str:
    colour, sign = MARKS.get(status, ("dim", "-"))
    return console.colour(colour, sign)
