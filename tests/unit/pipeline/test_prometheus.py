"""Metrics by Amazon Managed Service for Prometheus: the workspace, its collector, and what that reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from pipeline.cost import Assumptions, estimate, read
from pipeline.parts.prometheus import scraping
from tests.support.definitions import GOOD, problems

Service = Callable[[str], Path]
ASKED = GOOD + "cluster: {prometheus: {every: 30s, retention: 30d}}\n"


def test_the_collector_fills_the_workspace_from_within_the_clusters_network(
    service: Service, synthesize_again: Any
) -> None:
    made = synthesize_again(service(ASKED), nag=True)
    ((workspace, kept),) = made.of_type("AWS::APS::Workspace").items()
    assert kept["WorkspaceConfiguration"] == {"RetentionPeriodInDays": 30}
    (scraper,) = made.of_type("AWS::APS::Scraper").values()
    assert scraper["Destination"]["AmpConfiguration"]["WorkspaceArn"] == {"Fn::GetAtt": [workspace, "Arn"]}
    (cluster,) = made.of_type("AWS::EKS::Cluster")
    source = scraper["Source"]["EksConfiguration"]
    assert source["ClusterArn"] == {"Fn::GetAtt": [cluster, "Arn"]}
    assert source["SecurityGroupIds"] == [{"Fn::GetAtt": [cluster, "ClusterSecurityGroupId"]}]
    assert len(source["SubnetIds"]) == 3
    told = json.loads(scraper["ScrapeConfiguration"]["ConfigurationBlob"]["Fn::Base64"])
    assert told["global"] == {"scrape_interval": "30s", "external_labels": {"cluster": load(service(ASKED)).name}}
    output = made.template("cluster")["Outputs"]["PrometheusEndpoint"]["Value"]
    assert output == {"Fn::GetAtt": [workspace, "PrometheusEndpoint"]}


def test_pods_are_read_when_they_ask_for_it_and_everything_else_through_the_api_server() -> None:
    jobs = {job["job_name"]: job for job in scraping("shop", 60)["scrape_configs"]}
    assert list(jobs) == ["kubelet", "cadvisor", "apiserver", "pods"]
    first = jobs["pods"]["relabel_configs"][0]
    assert first["source_labels"] == ["__meta_kubernetes_pod_annotation_prometheus_io_scrape"]
    assert (first["action"], first["regex"]) == ("keep", "true")
    assert {jobs[name]["scheme"] for name in ("kubelet", "cadvisor", "apiserver")} == {"https"}
    paths = [each["replacement"] for each in jobs["cadvisor"]["relabel_configs"] if "replacement" in each]
    assert paths == ["kubernetes.default.svc:443", "/api/v1/nodes/$1/proxy/metrics/cadvisor"]


def test_nothing_of_it_is_there_unless_it_is_asked_for(sample: Any, service: Service) -> None:
    assert not sample.of_type("AWS::APS::Workspace")
    assert load(service(GOOD + "cluster: {prometheus: false}\n")).cluster == load(service(GOOD)).cluster


def test_true_is_a_minute_and_150_days_and_is_explained_and_left_out_of_the_costs(service: Service) -> None:
    made = load(service(GOOD + "cluster: {prometheus: true}\n"))
    assert "  its Prometheus: read every 1m, kept for 150 days; the stack's output PrometheusEndpoint" in explain(made)
    found = estimate(made, read(), Assumptions(20, 10, 3, 10, 50, 5))
    assert "Prometheus' collector, samples and queries" in found.not_counted


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{retention: 36h}", "a workspace keeps metrics for whole days; write 1d"),
        ("{retention: 2000d}", "1d to 1095d"),
        ("{every: 5s}", "30s to 1h"),
    ],
)
def test_what_the_service_would_refuse_is_refused(service: Service, written: str, said: str) -> None:
    (found,) = problems(service(GOOD + f"cluster: {{prometheus: {written}}}\n"))
    assert said in f"{found.wrong}; {found.remedy}"
