"""How much of an invocation is left: work stops in time to hand over to the next one."""

from collections.abc import Callable

from deployer.values import dataclass

LARGEST_MARGIN = 30.0
SHARE = 0.25  # of a short function's time


@dataclass(frozen=True)
class Budget:
    """`remaining` gives seconds; `margin` is what handing over may take."""

    remaining: Callable[[], float]
    margin: float

    @classmethod
    def of(cls, remaining: Callable[[], float]) -> "Budget":
        return cls(remaining, min(LARGEST_MARGIN, SHARE * remaining()))

    def over(self) -> bool:
        return self.remaining() < self.margin


UNLIMITED = Budget(lambda: float("inf"), 0.0)
