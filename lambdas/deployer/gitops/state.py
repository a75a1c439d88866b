"""What one look at a reconciler's object says of a release. A value, never an exception."""

from collections.abc import Callable, Sequence
from typing import Literal

from deployer.values import dataclass

Reached = Callable[[Sequence[str]], bool]
Word = Literal["waiting", "healthy", "broken"]


@dataclass(frozen=True)
class State:
    """`waiting`: not there yet. `broken`: it is there, and is not well. `told` says it in the reconciler's words."""

    word: Word
    told: str
