"""How many pods fit on a node and in the subnets, by EKS's own arithmetic."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from pipeline.config import explain, load
from pipeline.config.cluster.capacity import BEFORE_NITRO, TABLE, interfaces, on_node, on_nodes, short
from pipeline.config.cluster.networkplan import NetworkPlan, usable
from pipeline.config.cluster.plan import ClusterPlan, NodeGroupPlan
from pipeline.cost import read
from tests.support.definitions import GOOD

PLAIN, PODS = NetworkPlan(), IPv4Network("100.64.0.0/16")


def plan(network: NetworkPlan, *groups: NodeGroupPlan) -> ClusterPlan:
    return ClusterPlan("shop", "1.36", None, groups, (), (), None, (), (), False, network=network)


def group(most: int, *types: str) -> NodeGroupPlan:
    return NodeGroupPlan("a", types, "amd64", 1, most, 50)


@pytest.mark.parametrize(
    ("kind", "plain", "prefix", "apart"),
    [
        # as the list that comes with the network add-on says, less what EKS allows at most
        ("m6i.large", 29, 110, 20),
        ("m6i.xlarge", 58, 110, 44),
        ("m6i.4xlarge", 110, 110, 110),
        ("m6i.8xlarge", 234, 250, 205),
        ("m6i.16xlarge", 250, 250, 250),
        ("m7g.medium", 8, 98, 5),
        ("t3.small", 11, 110, 8),
        ("t3.medium", 17, 110, 12),
        ("t3.nano", 4, 34, 3),
    ],
)
def test_pods_of_a_node(kind: str, plain: int, prefix: int, apart: int) -> None:
    ways = (PLAIN, replace(PLAIN, prefix=True), replace(PLAIN, pods=PODS))
    assert [found.pods for way in ways if (found := on_node(kind, way))] == [plain, prefix, apart]


def test_addresses_of_a_full_node() -> None:
    """27 pods beside the two that have the node's own address, on three interfaces with one of their own each."""
    ways = (PLAIN, replace(PLAIN, prefix=True), replace(PLAIN, pods=PODS))
    taken = [found for way in ways if (found := on_node("m6i.large", way))]
    assert [(each.own, each.of_pods) for each in taken] == [(27 + 3, 0), (7 * 16 + 1, 0), (1, 18 + 2)]


def test_of_several_types_the_least_counts_and_one_unknown_makes_all_unknown() -> None:
    found = on_nodes(group(1, "m6i.xlarge", "m6i.large"), PLAIN)
    assert found is not None
    assert found.pods == 29
    assert on_nodes(group(1, "m6i.large", "x9z.large"), PLAIN) is None


def test_subnets_hold_what_aws_leaves_of_them() -> None:
    assert (usable(19), usable(24), PLAIN.private_length, PLAIN.public_length) == (8187, 251, 19, 22)
    small = replace(PLAIN, range=IPv4Network("10.0.0.0/24"))
    assert 3 * 2 ** (32 - small.private_length) + 3 * 2 ** (32 - small.public_length) <= 256


@pytest.mark.parametrize(
    ("network", "most", "wanted"),
    [
        (PLAIN, 100, None),
        (replace(PLAIN, range=IPv4Network("10.0.0.0/22")), 12, None),  # four in a zone: 120 of 123
        (replace(PLAIN, range=IPv4Network("10.0.0.0/22")), 13, ("private", 5, 150, 123)),
        (replace(PLAIN, range=IPv4Network("10.0.0.0/22"), zones=2), 9, ("private", 5, 150, 123)),
        (replace(PLAIN, range=IPv4Network("10.0.0.0/22"), pods=PODS), 100, None),
        (replace(PLAIN, pods=IPv4Network("100.64.0.0/24")), 9, ("pod", 3, 60, 59)),
        (replace(PLAIN, prefix=True, pods=IPv4Network("100.64.0.0/20")), 30, ("pod", 10, 1130, 1019)),
    ],
)
def test_what_the_subnets_cannot_hold_is_found(
    network: NetworkPlan, most: int, wanted: tuple[str, int, int, int] | None
) -> None:
    found = short(plan(network, group(most, "m6i.large")))
    assert (found and (found.subnets, found.nodes, found.wanted, found.held)) == wanted


def test_groups_add_up_and_unknown_types_are_not_counted() -> None:
    network = replace(PLAIN, range=IPv4Network("10.0.0.0/22"))
    assert short(plan(network, group(6, "m6i.large"), group(100, "x9z.large"))) is None
    found = short(plan(network, group(6, "m6i.large"), group(9, "m5.large")))
    assert found is not None
    assert (found.nodes, found.wanted) == (5, 150)


def test_every_type_whose_price_is_known_is_counted() -> None:
    assert [kind for kind in read().instances if interfaces(kind) is None] == []
    assert BEFORE_NITRO.isdisjoint(TABLE)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "nodes: {most: 6}",
            ["pods on m6i.large: 29 each (110 with `pods: {prefix: true}`), 174 at most",
             "addresses: 8,187 in each of 3 private subnets"],
        ),
        (
            "network: {zones: 2, range: 10.9.0.0/20, nat: none, pods: {prefix: true, range: 100.64.0.0/16}}",
            ["its network: 10.9.0.0/20 over 2 zones, no way to the internet",
             "VPC endpoints: s3, ecr.api, ecr.dkr, ec2",
             "pods on m6i.large: 110 each (20 without `pods: {prefix: true}`), 440 at most",
             "addresses: 507 in each of 2 private subnets, 16,379 in each of the pods'"],
        ),
        ("nodes: {type: x9z.large}", ["pods on x9z.large: as many as EKS says, the type is not in the table"]),
        (
            "endpoint: private, fargate: [dev]",
            ["its API server is reached from inside of its network alone",
             "pods of dev, in shop-dev, run on AWS Fargate"],
        ),
    ],
)  # fmt: skip
def test_what_fits_is_explained(service: Callable[[str], Path], written: str, said: list[str]) -> None:
    lines = [line.strip() for line in explain(load(service(GOOD + f"cluster: {{{written}}}\n")))]
    assert [line for line in said if line not in lines] == []
