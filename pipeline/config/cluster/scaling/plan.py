"""Who starts more machines, with every default chosen."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline.config.cluster.instances import Architecture
from pipeline.config.cluster.taints import TaintOf


@dataclass(frozen=True)
class PoolPlan:
    """Of `families` and `types` one is empty, or both: then any of the usual families."""

    name: str
    families: tuple[str, ...]
    types: tuple[str, ...]
    architecture: Architecture
    spot: bool
    cpus: int
    memory: str | None
    labels: tuple[tuple[str, str], ...]
    taints: tuple[TaintOf, ...]
    disk: int  # GiB
    image: Literal["al2023", "bottlerocket"]
    expire: timedelta


@dataclass(frozen=True)
class Scaling:
    """`pools` are Karpenter's; none: there is no Karpenter."""

    pools: tuple[PoolPlan, ...] = ()
    autoscaler: bool = False

    @property
    def karpenter(self) -> bool:
        return bool(self.pools)
