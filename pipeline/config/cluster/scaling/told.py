"""Who starts more machines, in lines of `shipline explain`."""

from collections.abc import Iterator

from pipeline.config.cluster.scaling.plan import PoolPlan, Scaling


def tell(made: Scaling) -> Iterator[str]:
    for pool in made.pools:
        yield f"  its node pool {pool.name}: {_machines(pool)}, up to {pool.cpus} vCPUs, started by Karpenter"
    if made.karpenter:
        yield "  its Karpenter: rights, which the stack's outputs InstallKarpenter and ApplyNodePools put to use"
    if made.autoscaler:
        yield "  its Cluster Autoscaler: rights, which the stack's output InstallAutoscaler puts to use"


def _machines(pool: PoolPlan) -> str:
    kinds = ", ".join(pool.types or pool.families) or f"{pool.architecture} of m, c and r"
    return f"{kinds}{', spot where there is some' if pool.spot else ''}"
