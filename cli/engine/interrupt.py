"""Ctrl-C, twice: the first lets what is on its way end and leaves the journal in order, the second ends at once."""

import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from deployer.budget import Budget

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SAID = b"\nshipline: stopping when what is on its way has ended; once more stops at once\n"


class Interrupt:
    """While entered, a signal ends the budget, which the deployer asks between stages and while it waits."""

    def __init__(self, hear_of: Callable[[], None]) -> None:
        self._hear_of = hear_of
        self._before: dict[int, Any] = {}
        self.came = False

    @property
    def budget(self) -> Budget:
        return Budget(lambda: 0.0 if self.came else float("inf"), 1.0)

    def __enter__(self) -> "Interrupt":
        self._before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True
        self._hear_of()
        os.write(2, SAID)  # a handler may have come into the middle of a print, and must not print itself
