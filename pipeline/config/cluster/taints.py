"""Taints of nodes, as plans have them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

KEEP_AWAY = ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class TaintOf:
    key: str
    value: str
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


def keep_away(taints: Iterable[TaintOf]) -> bool:
    """Whether pods that tolerate none of them stay away."""
    return any(taint.effect in KEEP_AWAY for taint in taints)
