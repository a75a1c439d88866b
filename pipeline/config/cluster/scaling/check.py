"""What AWS or Karpenter would refuse of what starts machines, or what would not work together."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pipeline.config.cluster.capacity import BEFORE_NITRO
from pipeline.config.cluster.instances import Architecture
from pipeline.config.cluster.scaling.model import Pool
from pipeline.config.cluster.scaling.plan import PoolPlan, Scaling
from pipeline.config.cluster.scaling.resolve import processors
from pipeline.config.cluster.taints import keep_away
from pipeline.config.problems import Finding, Path, repeated

if TYPE_CHECKING:
    from pipeline.config.cluster.model import Cluster

POOLS: Path = ("cluster", "karpenter", "pools")
KARPENTERS = ("karpenter.sh", "karpenter.k8s.aws")


def findings(written: "Cluster", made: Scaling, built: Collection[Architecture]) -> Iterator[Finding]:
    yield from _together(written)
    if written.karpenter:
        for name, pool in written.karpenter.pools.items():
            yield from _pool((*POOLS, name), pool, prefix=written.network.pods.prefix)
    for plan in made.pools:
        yield from _runs((*POOLS, plan.name), plan, built)


def _together(written: "Cluster") -> Iterator[Finding]:
    karpenter: Path = ("cluster", "karpenter")
    autoscaler: Path = ("cluster", "autoscaler")
    for where, asked in ((karpenter, written.karpenter), (autoscaler, written.autoscaler)):
        if asked and written.compute == "auto":
            wrong = "EKS Auto Mode starts and replaces machines by itself"
            yield Finding(where, wrong, f"leave `{where[-1]}` or `compute: auto` out")
    if written.karpenter and written.autoscaler:
        wrong = "Karpenter starts machines already, and the two would answer the same pods"
        yield Finding(autoscaler, wrong, "keep one of `karpenter` and `autoscaler`", (karpenter,))


def _pool(where: Path, pool: Pool, prefix: bool) -> Iterator[Finding]:
    key = "types" if pool.types else "families"
    if pool.types and pool.families:
        yield Finding((*where, "families"), "`families` and `types` exclude each other", "keep one of them")
    for named in ("families", "types"):
        words: tuple[str, ...] = getattr(pool, named) or ()
        listed: list[tuple[Path, str]] = [((*where, named, index), word) for index, word in enumerate(words)]
        yield from repeated(listed, "once is enough")
        for place, each in listed:
            if prefix and each.partition(".")[0] in BEFORE_NITRO:
                wrong = f"nodes of {each} take no blocks of addresses: it is not of the Nitro types"
                yield Finding(place, wrong, "take a newer one", (("cluster", "network", "pods", "prefix"),))
    found = processors(pool)
    if len(found) > 1:
        yield Finding((*where, key), "some are amd64 and some are arm64", "make a pool of each")
    elif found and pool.architecture and pool.architecture not in found:
        wrong = f"what `{key}` names is {min(found)}"
        yield Finding((*where, "architecture"), wrong, f"leave it out, or name {key} of {pool.architecture}")
    for label in pool.labels:
        domain = label.rpartition("/")[0]
        if any(f".{domain}".endswith(f".{name}") for name in KARPENTERS):
            yield Finding((*where, "labels", label), f"Karpenter keeps labels of {domain} to itself", "use your own")


def _runs(where: Path, pool: PoolPlan, built: Collection[Architecture]) -> Iterator[Finding]:
    if pool.architecture == "arm64" and "arm64" not in built and not keep_away(pool.taints):
        wrong = "pods of images that are built for amd64 could come to its nodes, which are arm64, and fail"
        taints = "give it `taints: [{key: arch, value: arm64}]`, which pods for arm64 tolerate"
        yield Finding(where, wrong, f"{taints}, or build each image for arm64, too (`platforms`)")
