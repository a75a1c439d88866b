"""What EKS would refuse of add-ons, or what would not work together."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.config.cluster.equipment import known, prometheus
from pipeline.config.cluster.equipment.model import Addon, Insights
from pipeline.config.cluster.equipment.plan import Equipment
from pipeline.config.cluster.equipment.resolve import asked, brought, ours
from pipeline.config.problems import Finding, Path, repeated

if TYPE_CHECKING:
    from pipeline.config.cluster.model import Cluster

ADDONS: Path = ("cluster", "addons")
KEYS = {
    known.EBS: "storage: {ebs: true}",
    known.EFS: "storage: {efs: true}",
    known.SNAPSHOTS: "storage: {snapshots: true}",
    known.DNS: "traffic: {dns: [ZONE]}",
    known.INSIGHTS: "insights: true",
}
BEHIND = 3  # minor versions that kube-proxy may be older than the API server
KEPT = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def findings(written: "Cluster", made: Equipment, isolates: bool) -> Iterator[Finding]:
    addons, auto = asked(written.addons), written.compute == "auto"
    for name, addon in addons.items():
        if auto and name in known.BUILT_IN:
            yield Finding((*ADDONS, name), "EKS Auto Mode has it built in, and keeps it up to date", "leave it out")
        elif name in KEYS and name not in brought(written):
            wrong = "it comes with another key, and only its version stands here"
            yield Finding((*ADDONS, name), wrong, f"add `{KEYS[name]}`")
        yield from _version(name, addon, written.version)
        taken = ours(name, made) | ({"enableNetworkPolicy": ""} if isolates and name == "vpc-cni" else {})
        for key in taken.keys() & (addon.configuration or {}).keys():
            yield Finding((*ADDONS, name, "configuration", key), "another key of this file says this", "leave it out")
    if "adot" in addons and "cert-manager" not in addons:
        yield Finding((*ADDONS, "adot"), "its webhooks need cert-manager", "add `cert-manager: true`")
    yield from _themes(written)
    yield from prometheus.findings(written)


def _version(name: str, addon: Addon, cluster: str) -> Iterator[Finding]:
    numbers = re.match(r"v(\d+)\.(\d+)\.(\d+)", addon.version or "")
    if numbers is None:
        return
    version = tuple(map(int, numbers.groups()))
    where = (*ADDONS, name, "version")
    if version < known.OLDEST.get(name, ()):
        oldest = "v" + ".".join(map(str, known.OLDEST[name]))
        yield Finding(where, f"the role that it gets here is for {oldest} and newer", "write a newer version")
    minor = int(cluster.partition(".")[2])
    if name == "kube-proxy" and not minor - BEHIND <= version[1] <= minor:
        wrong = f"Kubernetes {cluster} takes a kube-proxy from 1.{minor - BEHIND} to {cluster}"
        yield Finding(where, wrong, f"write v{cluster}.…", (("cluster", "version"),))


def _themes(written: "Cluster") -> Iterator[Finding]:
    storage, traffic, insights = written.storage, written.traffic, written.insights
    if storage and not (storage.ebs or storage.efs or storage.snapshots):
        yield Finding(("cluster", "storage"), "it asks for nothing", "write `ebs: true`, or leave the key out")
    if traffic and not (traffic.load_balancers or traffic.dns):
        wrong, remedy = "it asks for nothing", "write `load_balancers: true` or `dns`, or leave the key out"
        yield Finding(("cluster", "traffic"), wrong, remedy)
    if traffic and traffic.load_balancers and written.compute == "auto":
        wrong = "EKS Auto Mode has a load balancer controller built in"
        yield Finding(("cluster", "traffic", "load_balancers"), wrong, "leave it out")
    if traffic:
        zones: list[tuple[Path, str]] = [(("cluster", "traffic", "dns", i), zone) for i, zone in enumerate(traffic.dns)]
        yield from repeated(zones, "once is enough")
    if isinstance(insights, Insights) and (insights.retention.days not in KEPT or insights.retention.seconds):
        near = min(KEPT, key=lambda days: abs(days - insights.retention.days))
        wrong = f"CloudWatch Logs keeps for {', '.join(map(str, KEPT))} days"
        yield Finding(("cluster", "insights", "retention"), wrong, f"write {near}d")
