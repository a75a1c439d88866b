"""How many requests may be on their way, and how long to wait before one is sent again.

Additive increase, multiplicative decrease: the API server says by 429 and 503 that it has too much to do.
"""

import random

START = 16.0  # requests at a time; above 32 the server does no more (721 objects/s at 32, 783 at 64, 756 at 128)
MOST = 32.0
LEAST = 4.0  # a server that refuses these has asked for a pause, and gets it
IN_A_ROW = 4  # refusals without a success between them: it is not one request that is refused, but all
FIRST, LONGEST = 0.1, 5.0  # seconds


class Pace:
    """Shared by all that one client sends. Times are those of time.monotonic()."""

    def __init__(self) -> None:
        self._window = START
        self._cut = 0.0  # when the window was halved last
        self._refused = 0  # since the last success
        self._closed = 0.0  # until when nothing is sent

    def limit(self, now: float) -> int:
        """How many may be on their way now: none while the server has asked all of them to wait."""
        return 0 if now < self._closed else int(self._window)

    @property
    def closed_until(self) -> float:
        return self._closed

    def succeeded(self) -> None:
        self._refused = 0
        self._window = min(MOST, self._window + 1 / self._window)

    def refused(self, sent: float, now: float, wait: float) -> None:
        """A request `sent` then was answered 429 or 503; those sent before the last halving do not halve again."""
        self._refused += 1
        if sent >= self._cut:
            self._window, self._cut = max(LEAST, self._window / 2), now
        if self._refused >= IN_A_ROW:
            self._closed = max(self._closed, now + wait)


def pause(attempt: int, retry_after: str = "") -> float:
    """Seconds before attempt `attempt` + 1. What the server asks for is kept, and spread; otherwise full jitter."""
    if retry_after.isdigit():
        return int(retry_after) * random.uniform(1.0, 1.1)  # noqa: S311 (jitter)
    return random.uniform(0.0, min(LONGEST, FIRST * 2**attempt))  # noqa: S311 (jitter)
