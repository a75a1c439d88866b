"""What a command says, and how: live on a terminal, line by line in a pipe.

Data that was asked for goes to standard output; progress goes to standard error when the output is data.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

TICK = 0.2  # seconds between redraws of a running step
HEARTBEAT = 10.0  # seconds between lines about a running step in a pipe

COLOURS = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "bold": "1"}


class Console:
    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic, live: bool | None = None) -> None:
        self.out = out
        self.clock = clock
        self.live = out.isatty() if live is None else live

    def say(self, line: str = "") -> None:
        self.out.write(line + "\n")
        self.out.flush()

    def colour(self, name: str, text: str) -> str:
        return f"\x1b[{COLOURS[name]}m{text}\x1b[0m" if self.live else text

    def data(self, value: Any) -> None:
        """The value as JSON, for `--output json`."""
        self.say(json.dumps(value, indent=2, default=str))

    def table(self, rows: Iterable[Sequence[str]], indent: str = "") -> None:
        """Columns as wide as their widest cell; the last one runs free."""
        for line in columns(rows):
            self.say((indent + line).rstrip())

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        """A piece of work with its time; what it waits for is shown by `Step.detail`."""
        step = Step(self, title)
        step.begin()
        try:
            yield step
        except BaseException:
            step.end(self.colour("red", "✗"))
            raise
        step.end(self.colour("green", "✓"))

    def rewrite(self, lines: list[str], previous: int) -> None:
        """On a terminal: put these lines where the last `previous` lines are."""
        width = terminal_width()
        text = f"\x1b[{previous}A" if previous else ""
        text += "".join(f"\x1b[2K{clip(line, width - 1)}\n" for line in lines)
        self.out.write(text + "\x1b[J")
        self.out.flush()


class Step:
    def __init__(self, console: Console, title: str) -> None:
        self.console = console
        self.title = title
        self.result = ""
        self.seconds = 0.0
        self._detail = ""
        self._started = console.clock()
        self._told = self._started
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def detail(self, text: str) -> None:
        """What is going on right now."""
        self._detail = text.strip()

    def note(self, text: str) -> None:
        """A line that stays on the screen."""
        line = f"  {text}"
        self.console.say(f"\r\x1b[2K{line}" if self.console.live else line)

    def begin(self) -> None:
        if not self.console.live:
            self.console.say(f"… {self.title}")
        self._ticker.start()

    def end(self, mark: str) -> None:
        self._ended.set()
        self._ticker.join()
        self.seconds = self.console.clock() - self._started
        line = f"{mark} {self.title:<44} {seconds(self.seconds):>8}  {self.result}".rstrip()
        self.console.say(f"\r\x1b[2K{line}" if self.console.live else line)

    def _tick(self) -> None:
        while not self._ended.wait(TICK):
            elapsed = self.console.clock() - self._started
            if self.console.live:
                line = f"… {self.title:<44} {seconds(elapsed):>8}  {self._detail}"
                width = terminal_width()
                self.console.out.write(f"\r\x1b[2K{clip(line, width - 1)}")
                self.console.out.flush()
            elif self.console.clock() - self._told >= HEARTBEAT:
                self._told = self.console.clock()
                self.console.say(f"  {seconds(elapsed):>8}  {self._detail}".rstrip())


def terminal_width() -> int:
    """Columns of the terminal behind standard output, 80 where there is none; as shutil's, whose import costs 5 ms."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


def standard_console(to_stderr: bool = False) -> Console:
    return Console(sys.stderr if to_stderr else sys.stdout)


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [tuple(row) for row in rows]
    if not cells:
        return []
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in cells
    ]


def clip(line: str, width: int) -> str:
    """The line cut to a terminal's width; colour codes take no room."""
    shown, result, in_code = 0, "", False
    for character in line:
        if character == "\x1b":
            in_code = True
        if in_code:
            result += character
            in_code = character != "m"
            continue
        if shown == width:
            continue
        shown += 1
        result += character
    return result


def seconds(value: float) -> str:
    """`3.4 s`, `2 min 05 s`, `1 h 02 min`."""
    if value < 60:
        return f"{value:.1f} s"
    if value < 3600:
        return f"{int(value) // 60} min {int(value) % 60:02d} s"
    return f"{int(value) // 3600} h {int(value) % 3600 // 60:02d} min"


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"
