"""What AWS would refuse of a cluster's network and of Fargate, or leave pods without addresses in: with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import load
from tests.support.definitions import GOOD, problems

Service = Callable[[str], Path]
VPC = "vpc: {id: vpc-0123456789abcdef0, private: [subnet-0123456789abcdef0, subnet-0fedcba9876543210]"


def network(said: str, more: str = "") -> str:
    return GOOD + f"cluster:\n  network: {{{said}}}\n{more}"


def fargate(said: str, environments: str = "[dev, staging, prod]") -> str:
    return GOOD.replace("[dev, staging, prod]", environments) + f"cluster: {{fargate: [{said}]}}\n"


# (the file, where the error is, what it says)
CASES = {
    "endpoint of a word": (GOOD + "cluster: {endpoint: closed}\n", (4, 21), "'private'"),
    "range that is public": (network("range: 203.0.0.0/16"), (5, 20), "in 10.0.0.0/8, 172.16.0.0/12"),
    "range that is too large": (network("range: 10.0.0.0/8"), (5, 20), "is /16 to /24"),
    "range that is too small": (network("range: 10.0.0.0/28"), (5, 20), "is /16 to /24"),
    "range without its length": (network("range: 10.0.0.0"), (5, 20), "write its length, too: 10.0.0.0/32"),
    "range that begins elsewhere": (network("range: 10.0.1.0/16"), (5, 20), "begins at 10.0.0.0/16"),
    "range of IPv6": (network("range: '2001:db8::/32'"), (5, 20), "as in 10.0.0.0/16"),
    "one zone": (network("zones: 1"), (5, 20), "2 or 3"),
    "gateways in words": (network("nat: all"), (5, 18), "'one', 'each' or 'none'"),
    "services in the VPC": (network("services: 10.0.128.0/20"), (5, 23), "overlaps with the VPC's 10.0.0.0/16"),
    "services that are shared": (network("services: 100.64.0.0/16"), (5, 23), "EKS takes a range in 10.0.0.0/8"),
    "services that are too few": (network("services: 172.20.0.0/25"), (5, 23), "is /12 to /24"),
    "pods in a private range": (network("pods: {range: 10.1.0.0/16}"), (5, 27), "in 100.64.0.0/10"),
    "pods in the VPC's range": (
        network("range: 100.64.0.0/16, pods: {range: 100.64.0.0/17}"), (5, 49), "overlaps with the VPC's",
    ),
    "prefix in words": (network("pods: {prefix: always}"), (5, 28), "true or false"),
    "pods in a word": (network("pods: prefix"), (5, 19), "write keys below it: `prefix`, `range`"),
    "endpoint twice": (network("endpoints: [sqs, sqs]"), (5, 30), "is there twice"),
    "endpoint by its domain": (network("endpoints: [Sqs]"), (5, 25), "as its endpoint names it"),
    "endpoint that is there": (network("nat: none, endpoints: [s3]"), (5, 36), "reaches s3 already"),
    "one subnet": (
        network("vpc: {id: vpc-0123456789abcdef0, private: [subnet-0123456789abcdef0]}"), (5, 55), "fewer than 2 items",
    ),
    "subnet twice": (network(VPC.replace("0fedcba9876543210", "0123456789abcdef0") + "}"), (5, 82), "is there twice"),
    "subnet of both kinds": (
        network(VPC + ", public: [subnet-0fedcba9876543210]}"), (5, 118), "is one of `private`, too",
    ),
    "vpc by its name": (network("vpc: {id: main, private: [subnet-01234567, subnet-76543210]}"), (5, 23), "VPC's id"),
    "range of a VPC that is there": (network(f"range: 10.1.0.0/16, {VPC}}}"), (5, 20), "leave `range` or `vpc` out"),
    "gateways of a VPC that is there": (network(f"nat: each, {VPC}}}"), (5, 18), "leave `nat` or `vpc` out"),
    "pods' range in a VPC that is there": (
        network(f"pods: {{range: 100.64.0.0/16}}, {VPC}}}"), (5, 27), "only in a VPC that is made here",
    ),
    "pods beside auto mode": (
        network("pods: {prefix: true}", "  compute: auto\n"), (5, 19), "leave `pods` or `compute: auto` out",
    ),
    "prefixes before Nitro": (
        network("pods: {prefix: true}", "  nodes: {type: m4.large}\n"), (5, 28), "nodes of m4.large take no blocks",
    ),
    "more pods than addresses": (
        network("range: 10.0.0.0/22", "  nodes: {type: m6i.large, most: 20}\n"), (5, 20),
        "a zone's private subnet holds 123 addresses, and 7 nodes full of pods in it take 210",
    ),
    "more pods than the second range has": (
        network("pods: {range: 100.64.0.0/24}", "  nodes: {type: m6i.large, most: 12}\n"), (5, 27),
        "a zone's pod subnet holds 59 addresses, and 4 nodes full of pods in it take 80",
    ),
    "fargate of an environment that is none": (fargate("prd"), (4, 21), "did you mean `prod`?"),
    "fargate twice": (fargate("dev, dev"), (4, 26), "is there twice"),
    "fargate of an isolated environment": (
        fargate("dev", "[{name: dev, isolate: true}, prod]"), (4, 21), "not enforced on Fargate",
    ),
    "network of a cluster that is there": (
        GOOD + "cluster: {existing: platform, network: {zones: 2}}\n", (4, 31), "are `existing`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_alone_and_placed(case: str, service: Service) -> None:
    text, place, said = CASES[case]
    found = problems(service(text))
    rendered = [problem.render("pipeline.yaml") for problem in found]
    assert [(problem.line, problem.column) for problem in found] == [place], rendered
    assert said in rendered[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: DaemonSet\n", "manifests/base/web.yaml:1: a DaemonSet has no node to run on on Fargate"),
        ("a: 1\nspec:\n  hostNetwork: true\n", "manifests/base/web.yaml:3: pods have no host network on Fargate"),
        ("securityContext: {runAsUser: 1, privileged: true}\n", "web.yaml:1: no container is privileged on Fargate"),
        ("# privileged: true\nprivileged: false\nhostNetwork: false\nkind: Deployment\n", ""),
    ],
)
def test_what_fargate_would_not_run_is_found_in_the_environments_files(service: Service, text: str, said: str) -> None:
    folder = service(fargate("dev"))
    (folder / "manifests/base/web.yaml").write_text(text)
    (folder / "manifests/base/kustomization.yaml").write_text("resources: [web.yaml]\n")
    (folder / "manifests/overlays/dev/kustomization.yaml").write_text("resources: [../../base]\n")
    if not said:
        assert load(folder).name == "shop"
        return
    (problem,) = problems(folder)
    assert said in problem.wrong


def test_what_another_environment_runs_is_its_own_business(service: Service) -> None:
    folder = service(fargate("dev"))
    (folder / "manifests/overlays/prod/agent.yaml").write_text("kind: DaemonSet\n")
    (folder / "manifests/overlays/prod/kustomization.yaml").write_text("resources: [agent.yaml]\n")
    assert load(folder).name == "shop"
