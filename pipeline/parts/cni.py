"""The network add-on that every cluster has from the start, as far as the definition says how it should work."""

import json
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from pipeline.config.cluster.networkplan import NetworkPlan
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.parts.network import Network


def configured(scope: Construct, cluster: eks.Cluster, plan: ClusterPlan, network: Network) -> eks.CfnAddon | None:
    """Takes over what is there; without it the network would be gone, so it stays when nobody asks for this any more.
    EKS Auto Mode has none."""
    asked = plan.equipment.addon("vpc-cni")
    said = _joined(json.loads(asked.configuration or "{}") if asked else {}, _said(cluster, plan, network))
    if plan.auto or not (asked or said):
        return None
    return eks.CfnAddon(
        scope,
        "VpcCni",
        addon_name="vpc-cni",
        addon_version=asked.version if asked else None,
        cluster_name=cluster.cluster_name,
        configuration_values=json.dumps(said) if said else None,
        resolve_conflicts="OVERWRITE",
        preserve_on_delete=True,
    )


def era(plan: NetworkPlan) -> str:
    """What a node group's id has of the way in which pods are addressed; nothing of EKS's own."""
    return "Prefix" * plan.prefix + "Range" * (plan.pods is not None)


def _joined(written: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What other keys say of it holds; what the user wrote of its environment stands beside that."""
    environment = {**(written.get("env") or {}), **(said.get("env") or {})}
    return {**written, **said, **({"env": environment} if environment else {})}


def _said(cluster: eks.Cluster, plan: ClusterPlan, network: Network) -> dict[str, Any]:
    said: dict[str, Any] = {"enableNetworkPolicy": "true"} if plan.isolates else {}
    environment: dict[str, str] = {}
    if plan.network.prefix:
        environment |= {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}
    if network.pods:
        environment |= {
            "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
            "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
        }
        groups = [cluster.cluster_security_group_id]
        subnets = {zone: {"id": id_, "securityGroups": groups} for zone, id_ in network.pods.by_zone.items()}
        said["eniConfig"] = {"create": True, "region": Aws.REGION, "subnets": subnets}
    return {**said, "env": environment} if environment else said
