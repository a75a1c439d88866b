"""What a wait says while it lasts: soon at first, seldom later, and never the same twice in a row."""

from collections.abc import Callable

from deployer.values import dataclass, field

LEAST, MOST = 1.0, 30.0  # seconds between two lines
SHARE = 0.1  # of the time waited so far: a long wait is told in some dozens of lines


@dataclass
class Spoken:
    say: Callable[[str], None]
    _last: str = ""
    _next: float = field(default=0.0)

    def of(self, state: str, waited: float) -> None:
        """Say `state` when it is new and its time has come; `waited` in seconds."""
        if state == self._last or waited < self._next:
            return
        self.say(state)
        self._last, self._next = state, waited + min(MOST, max(LEAST, SHARE * waited))
