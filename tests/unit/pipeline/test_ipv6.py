"""A cluster whose pods and Services have IPv6 addresses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from tests.support.definitions import GOOD, problems
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

Service = Callable[[str], Path]
SUBNET, ROUTE = "AWS::EC2::Subnet", "AWS::EC2::Route"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    text = GOOD + "cluster: {network: {ip: ipv6, zones: 2}, karpenter: {}}\n"
    folder = write_service(tmp_path_factory.mktemp("ipv6-service"), text)
    return synthesize(folder, tmp_path_factory.mktemp("ipv6"), account=ACCOUNT, nag=True)


def test_the_cluster_says_so_and_no_range_of_services(made: Synthesized) -> None:
    (cluster,) = made.of_type("AWS::EKS::Cluster").values()
    assert cluster["KubernetesNetworkConfig"]["IpFamily"] == "ipv6"
    assert "ServiceIpv4Cidr" not in cluster["KubernetesNetworkConfig"]


def test_each_subnet_has_a_range_that_stays_when_there_are_more_zones(made: Synthesized) -> None:
    (block,) = made.of_type("AWS::EC2::VPCCidrBlock").values()
    assert block["AmazonProvidedIpv6CidrBlock"] is True
    found: dict[str, list[int]] = {}
    for subnet in made.of_type(SUBNET).values():
        kind = next(tag["Value"] for tag in subnet["Tags"] if tag["Key"] == "aws-cdk:subnet-type")
        number, ranges = subnet["Ipv6CidrBlock"]["Fn::Select"]
        assert (ranges["Fn::Cidr"][1:], subnet["AssignIpv6AddressOnCreation"]) == ([16, "64"], True)
        found.setdefault(kind, []).append(number)
    assert found == {"Public": [0, 1], "Private": [8, 9]}


def test_pods_reach_out_and_nobody_reaches_in(made: Synthesized) -> None:
    (gateway,) = made.of_type("AWS::EC2::EgressOnlyInternetGateway")
    routes = [each for each in made.of_type(ROUTE).values() if each.get("DestinationIpv6CidrBlock") == "::/0"]
    out = [each for each in routes if each.get("EgressOnlyInternetGatewayId") == {"Ref": gateway}]
    assert {each["RouteTableId"]["Ref"] for each in out} == {
        key for key in made.resources if "privateSubnet" in key and "RouteTableAssoc" not in key and "RouteTable" in key
    }


def test_nodes_may_give_pods_such_addresses(made: Synthesized, sample: Synthesized) -> None:
    giving = [
        policy["Roles"][0]["Ref"] for policy in made.of_type("AWS::IAM::Policy").values()
        if "ec2:AssignIpv6Addresses" in json.dumps(policy["PolicyDocument"])
    ]  # fmt: skip
    (group,) = made.of_type("AWS::EKS::Nodegroup").values()
    (profile,) = made.of_type("AWS::IAM::InstanceProfile").values()
    assert set(giving) == {group["NodeRole"]["Fn::GetAtt"][0], profile["Roles"][0]["Ref"]}
    assert "Ipv6" not in json.dumps(sample.template("cluster"))


def test_explain_says_that_addresses_are_no_matter(service: Service) -> None:
    told = "\n".join(explain(load(service(GOOD + "cluster: {network: {ip: ipv6}}\n"))))
    assert "pods have IPv6 addresses" in told
    assert "  addresses: " not in told


def test_more_pods_than_the_subnets_have_ipv4_addresses_are_no_mistake(service: Service) -> None:
    text = GOOD + "cluster: {network: {range: 10.0.0.0/22}, nodes: {most: 40}}\n"
    assert "holds" in problems(service(text))[0].wrong
    assert load(service(text.replace("{range", "{ip: ipv6, range")))


# (the cluster, where the error is, what it says)
CASES: dict[str, tuple[str, tuple[int, int], str]] = {
    "a range of services": ("network: {ip: ipv6, services: 172.20.0.0/16}", (4, 41), "a range of its own"),
    "prefixes": ("network: {ip: ipv6, pods: {prefix: true}}", (4, 46), "a whole block"),
    "a second range": ("network: {ip: ipv6, pods: {range: 100.64.0.0/16}}", (4, 45), "a whole block"),
    "auto mode": ("compute: auto, network: {ip: ipv6}", (4, 40), "node groups alone"),
    "old machines": ("network: {ip: ipv6}, nodes: {type: t2.large}", (4, 25), "not of the Nitro types"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_would_not_work_is_refused_with_its_line(service: Service, case: str) -> None:
    text, where, said = CASES[case]
    found: Any = problems(service(GOOD + f"cluster: {{{text}}}\n"))
    assert [(each.line, each.column) for each in found] == [where], found
    assert said in f"{found[0].wrong}; {found[0].remedy}"
