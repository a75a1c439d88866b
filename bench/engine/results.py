"""What was measured, beside what it was measured against, and whether the goal is met."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """Less is better in all units; `goal` is the least ratio of theirs to ours that is good enough."""

    work: str
    against: str
    ours: float | None  # None: it could not be measured, and `note` says why
    theirs: float | None
    unit: str
    goal: float
    note: str = ""

    @property
    def ratio(self) -> float | None:
        if self.ours is None or self.theirs is None:
            return None
        if self.ours == 0:  # nothing at all, where that is possible, is as good as can be
            return self.goal
        return self.theirs / self.ours

    @property
    def met(self) -> bool:
        return self.ratio is not None and self.ratio >= self.goal

    def as_json(self) -> dict[str, Any]:
        ratio = self.ratio
        return {
            "work": self.work,
            "against": self.against,
            "ratio": None if ratio is None else round(ratio, 3),
            "goal": self.goal,
            "met": self.met,
            "ours": _rounded(self.ours),
            "theirs": _rounded(self.theirs),
            "unit": self.unit,
            **({"note": self.note} if self.note else {}),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
