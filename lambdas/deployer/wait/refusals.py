"""Pods that were never made: what a quota, an admission rule or a webhook said. Pure."""

from deployer.objects import Object
from deployer.wait.graces import Graces
from deployer.wait.health import condition

UNREACHABLE = ("failed calling webhook", "context deadline exceeded", "connection refused", "no endpoints available")
REASON = "FailedCreate"  # of the condition, and of the events of kinds that have no such condition
SILENT = frozenset({"StatefulSet", "DaemonSet", "Job"})  # their refusals are in events alone


def refusal(workload: Object) -> str:
    """The server's words, from the condition that Deployments and ReplicaSets have for it."""
    told = condition(workload, "ReplicaFailure")
    refused = told.get("status") == "True" and told.get("reason") == REASON
    return str(told.get("message") or "") if refused else ""


def is_quota(words: str) -> bool:
    return "exceeded quota" in words


def grace_of(words: str, graces: Graces) -> float:
    return graces.webhook if any(each in words for each in UNREACHABLE) else graces.refused
