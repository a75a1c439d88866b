"""What a cluster comes with: the model → the plan."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pipeline.config.cluster.equipment import known, prometheus
from pipeline.config.cluster.equipment.model import Addon, Addons, Insights
from pipeline.config.cluster.equipment.plan import AddonPlan, Equipment, InsightsPlan

if TYPE_CHECKING:
    from pipeline.config.cluster.model import Cluster


def resolve(cluster: "Cluster") -> Equipment:
    storage, traffic, insights = cluster.storage, cluster.traffic, seen(cluster)
    auto = cluster.compute == "auto"
    made = Equipment(
        ebs=bool(storage and storage.ebs),
        efs=bool(storage and storage.efs),
        load_balancers=bool(traffic and traffic.load_balancers),
        zones=traffic.dns if traffic else (),
        insights=InsightsPlan(insights.retention.days, insights.logs, insights.traces) if insights else None,
        prometheus=prometheus.resolve(cluster),
    )
    wanted = {name: Addon() for name in brought(cluster)} | asked(cluster.addons)
    controllers = made.load_balancers or cluster.karpenter or cluster.autoscaler
    if not auto and (controllers or known.ACCOUNTS.keys() & wanted.keys()):
        wanted.setdefault(known.AGENT, Addon())
    addons = tuple(_addon(name, addon, made) for name, addon in sorted(wanted.items()))
    return replace(made, addons=addons)


def asked(addons: Addons) -> dict[str, Addon]:
    """By EKS's name."""
    written = {field.alias or key: getattr(addons, key) for key, field in Addons.model_fields.items()}
    return {name: value if isinstance(value, Addon) else Addon() for name, value in written.items() if value}


def seen(cluster: "Cluster") -> Insights | None:
    if isinstance(cluster.insights, Insights):
        return cluster.insights
    return Insights() if cluster.insights else None


def brought(cluster: "Cluster") -> list[str]:
    """The add-ons that another key brings along."""
    storage, traffic, auto = cluster.storage, cluster.traffic, cluster.compute == "auto"
    by_key = {
        known.EBS: storage and storage.ebs and not auto,
        known.EFS: storage and storage.efs,
        known.SNAPSHOTS: storage and storage.snapshots,
        known.DNS: traffic and traffic.dns,
        known.INSIGHTS: seen(cluster),
    }
    return [name for name, wanted in by_key.items() if wanted]


def _addon(name: str, addon: Addon, made: Equipment) -> AddonPlan:
    said = {**(addon.configuration or {}), **ours(name, made)}
    return AddonPlan(name, addon.version, json.dumps(said, sort_keys=True) if said else None)


def ours(name: str, made: Equipment) -> dict[str, Any]:
    """What another key says of an add-on's configuration."""
    if name != known.INSIGHTS or made.insights is None:
        return {}
    watched = {"applicationSignals": {"autoMonitor": {"monitorAllServices": made.insights.traces}}}
    return {"containerLogs": {"enabled": made.insights.logs}, "manager": watched}
