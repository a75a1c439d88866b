"""Who starts more machines: the model → the plan."""

from typing import TYPE_CHECKING

from pipeline.config.cluster.instances import Architecture, architecture
from pipeline.config.cluster.scaling.model import Pool
from pipeline.config.cluster.scaling.plan import PoolPlan, Scaling
from pipeline.config.cluster.taints import TaintOf

if TYPE_CHECKING:
    from pipeline.config.cluster.model import Cluster


def resolve(cluster: "Cluster") -> Scaling:
    pools = cluster.karpenter.pools if cluster.karpenter else {}
    return Scaling(tuple(_pool(name, pool) for name, pool in pools.items()), cluster.autoscaler)


def processors(pool: Pool) -> set[Architecture]:
    """Those of what is named: none when nothing is."""
    return {architecture(name) for name in (*(pool.types or ()), *(f"{name}." for name in pool.families or ()))}


def _pool(name: str, pool: Pool) -> PoolPlan:
    return PoolPlan(
        name=name,
        families=pool.families or (),
        types=pool.types or (),
        architecture=pool.architecture or ("arm64" if "arm64" in processors(pool) else "amd64"),
        spot=pool.spot,
        cpus=pool.cpus,
        memory=pool.memory,
        labels=tuple(sorted(pool.labels.items())),
        taints=tuple(TaintOf(taint.key, taint.value or "", taint.effect) for taint in pool.taints),
        disk=pool.disk,
        image=pool.image,
        expire=pool.expire,
    )
