"""A workspace of Amazon Managed Service for Prometheus, and the collector that fills it from the cluster."""

import json
from typing import Any

from aws_cdk import CfnOutput, Fn
from aws_cdk import aws_aps as aps
from constructs import Construct

from pipeline.config.cluster.equipment.prometheus import PrometheusPlan
from pipeline.parts.cluster import Cluster
from pipeline.parts.network import Network
from pipeline.parts.shared import ClusterName

API_SERVER = "kubernetes.default.svc:443"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
POD = "__meta_kubernetes_pod"
NOTE = f"{POD}_annotation_prometheus_io"


class Prometheus(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        plan: PrometheusPlan,
        cluster: Cluster,
        name: ClusterName,
        network: Network,
    ) -> None:
        super().__init__(scope, construct_id)
        workspace = aps.CfnWorkspace(
            self,
            "Workspace",
            alias=name.name,
            workspace_configuration=aps.CfnWorkspace.WorkspaceConfigurationProperty(retention_period_in_days=plan.days),
        )
        aps.CfnScraper(
            self,
            "Scraper",
            alias=name.name,
            scrape_configuration=aps.CfnScraper.ScrapeConfigurationProperty(
                configuration_blob=Fn.base64(json.dumps(scraping(name.name, plan.every), indent=1))
            ),
            source=aps.CfnScraper.SourceProperty(
                eks_configuration=aps.CfnScraper.EksConfigurationProperty(
                    cluster_arn=cluster.eks.cluster_arn,
                    subnet_ids=[subnet.subnet_id for subnet in network.private],
                    security_group_ids=[cluster.eks.cluster_security_group_id],
                )
            ),
            destination=aps.CfnScraper.DestinationProperty(
                amp_configuration=aps.CfnScraper.AmpConfigurationProperty(workspace_arn=workspace.attr_arn)
            ),
        )
        output = CfnOutput(
            self, "Endpoint", value=workspace.attr_prometheus_endpoint, description="Where Prometheus is asked"
        )
        output.override_logical_id("PrometheusEndpoint")


def scraping(cluster: str, every: int) -> dict[str, Any]:
    """Prometheus' own configuration: JSON is YAML, too."""
    return {
        "global": {"scrape_interval": f"{every}s", "external_labels": {"cluster": cluster}},
        "scrape_configs": [
            _of_nodes("kubelet", "metrics"),
            _of_nodes("cadvisor", "metrics/cadvisor"),
            {
                **_asked("apiserver", "endpoints"),
                "relabel_configs": [
                    {
                        "action": "keep",
                        "source_labels": [
                            "__meta_kubernetes_namespace",
                            "__meta_kubernetes_service_name",
                            "__meta_kubernetes_endpoint_port_name",
                        ],
                        "regex": "default;kubernetes;https",
                    }
                ],
            },
            {
                "job_name": "pods",
                "kubernetes_sd_configs": [{"role": "pod"}],
                "relabel_configs": _of_pods(),
            },
        ],
    }


def _asked(job: str, role: str) -> dict[str, Any]:
    """What the API server answers, or hands on, to whom it knows."""
    return {
        "job_name": job,
        "scheme": "https",
        "authorization": {"type": "Bearer", "credentials_file": f"{ACCOUNT}/token"},
        "kubernetes_sd_configs": [{"role": role}],
    }


def _of_nodes(job: str, path: str) -> dict[str, Any]:
    name = {"source_labels": ["__meta_kubernetes_node_name"], "regex": "(.+)"}
    return {
        **_asked(job, "node"),
        "relabel_configs": [
            {"target_label": "__address__", "replacement": API_SERVER},
            {**name, "target_label": "__metrics_path__", "replacement": f"/api/v1/nodes/$1/proxy/{path}"},
            {**name, "target_label": "node"},
        ],
    }


def _of_pods() -> list[dict[str, Any]]:
    """Those that ask for it, where they say; a port that is not said is each that the pod has."""
    labels = {"namespace": "__meta_kubernetes_namespace", "pod": f"{POD}_name", "container": f"{POD}_container_name"}
    return [
        {"action": "keep", "source_labels": [f"{NOTE}_scrape"], "regex": "true"},
        {"action": "drop", "source_labels": [f"{POD}_phase"], "regex": "Pending|Succeeded|Failed"},
        {"source_labels": [f"{NOTE}_path"], "regex": "(.+)", "target_label": "__metrics_path__"},
        {
            "source_labels": [f"{POD}_ip", f"{NOTE}_port"],
            "regex": "(.+);([0-9]+)",
            "replacement": "$1:$2",
            "target_label": "__address__",
        },
        *({"source_labels": [source], "target_label": label} for label, source in labels.items()),
    ]
