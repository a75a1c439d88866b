"""The cluster's network and what runs without nodes: what the definition makes of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load
from pipeline.config.cluster.endpoints import GATEWAYS, endpoints
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

PRIVATE = """\
name: store
source: codecommit
secrets: [session]
environments:
  - {name: dev, verify: buildspec/verify.yaml, soak: 5m, alarms: [store-5xx]}
  - {name: prod, isolate: true}
cluster:
  endpoint: private
  network:
    range: 172.20.0.0/18
    zones: 2
    nat: none
    endpoints: [sqs]
    services: 10.100.0.0/16
    pods: {prefix: true, range: 100.64.0.0/16}
  nodes: {a: {}, b: {}}
"""
ADDED = "name: store\nsource: codecommit\nenvironments: [dev, prod]\ncluster:\n"
THERE = """\
  network:
    vpc:
      id: vpc-0123456789abcdef0
      private: [subnet-0123456789abcdef0, subnet-0fedcba9876543210]
  endpoint: private
  fargate: [dev, prod]
"""


def made(folder: Path, text: str) -> Synthesized:
    service = write_service(folder / "service", text)
    (service / "buildspec").mkdir()
    (service / "buildspec" / "verify.yaml").touch()
    return synthesize(service, folder / "out", account=ACCOUNT, nag=True)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Nothing that the internet reaches."""
    return made(tmp_path_factory.mktemp("private"), PRIVATE)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """In a VPC that is there already, with all pods on Fargate that may be there."""
    return made(tmp_path_factory.mktemp("there"), ADDED + THERE)


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Two zones, each with its own way out."""
    return made(tmp_path_factory.mktemp("spread"), ADDED + "  network: {zones: 2, nat: each}\n")


def name_of(endpoint: dict[str, Any]) -> str:
    """`ecr.api` of `com.amazonaws.REGION.ecr.api`."""
    said = endpoint["ServiceName"]
    whole = said if isinstance(said, str) else "".join(str(part) for part in said["Fn::Join"][1])
    return whole.split(".", 3)[-1]


def test_nothing_leads_to_the_internet_and_nothing_comes_from_there(private: Synthesized) -> None:
    kinds = {item["Type"] for item in private.resources.values()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::Route"}
    (cluster,) = private.of_type("AWS::EKS::Cluster").values()
    reached = cluster["ResourcesVpcConfig"]
    assert (reached["EndpointPublicAccess"], reached["EndpointPrivateAccess"]) == (False, True)
    assert cluster["KubernetesNetworkConfig"]["ServiceIpv4Cidr"] == "10.100.0.0/16"
    assert len(reached["SubnetIds"]) == 2


def test_subnets_stay_where_they_are_when_zones_and_ways_out_change(
    private: Synthesized, spread: Synthesized, sample: Synthesized
) -> None:
    def ranges(of: Synthesized) -> list[str]:
        return sorted(each["CidrBlock"] for each in of.of_type("AWS::EC2::Subnet").values())

    assert ranges(private) == ["100.64.0.0/18", "100.64.64.0/18", "172.20.16.0/21", "172.20.8.0/21"]
    assert ranges(spread) == ["10.0.0.0/22", "10.0.32.0/19", "10.0.4.0/22", "10.0.64.0/19"]
    assert set(ranges(spread)) < set(ranges(sample))


def test_each_zone_has_a_gateway_of_its_own(spread: Synthesized) -> None:
    assert len(spread.of_type("AWS::EC2::NatGateway")) == 2
    out = [
        route["NatGatewayId"]["Ref"] for route in spread.of_type("AWS::EC2::Route").values() if "NatGatewayId" in route
    ]
    assert len(set(out)) == 2


def test_subnets_without_a_way_out_are_found_by_load_balancers(private: Synthesized) -> None:
    tagged = [
        subnet["CidrBlock"]
        for subnet in private.of_type("AWS::EC2::Subnet").values()
        if {"Key": "kubernetes.io/role/internal-elb", "Value": "1"} in subnet["Tags"]
    ]
    assert sorted(tagged) == ["172.20.16.0/21", "172.20.8.0/21"]


def test_endpoints_lead_to_what_is_needed(private: Synthesized) -> None:
    found = {name_of(each): each for each in private.of_type("AWS::EC2::VPCEndpoint").values()}
    assert found.keys() == {
        *("s3", "dynamodb", "ecr.api", "ecr.dkr", "ec2", "eks", "codepipeline", "secretsmanager", "monitoring"),
        *("logs", "codebuild", "sqs"),
    }
    interfaces = {name: each for name, each in found.items() if name not in GATEWAYS}
    assert {each["PrivateDnsEnabled"] for each in interfaces.values()} == {True}
    assert {len(each["SubnetIds"]) for each in interfaces.values()} == {2}
    assert {len(found[name]["RouteTableIds"]) for name in GATEWAYS} == {2}
    (group,) = {json.dumps(each["SecurityGroupIds"]) for each in interfaces.values()}
    rules = private.of_type("AWS::EC2::SecurityGroup")[json.loads(group)[0]["Fn::GetAtt"][0]]["SecurityGroupIngress"]
    assert [(rule["CidrIp"], rule["FromPort"], rule["ToPort"]) for rule in rules] == [
        ("172.20.0.0/18", 443, 443),
        ("100.64.0.0/16", 443, 443),
    ]


def test_what_a_deployers_role_may_do_has_a_way_there(private: Synthesized) -> None:
    """By the services that its statements name; CloudWatch's endpoint has another name."""
    ways = {name_of(each).partition(".")[0] for each in private.of_type("AWS::EC2::VPCEndpoint").values()}
    ways |= {"cloudwatch"} if "monitoring" in ways else set()
    functions = private.of_type("AWS::Lambda::Function").values()
    deployers = [each for each in functions if each["FunctionName"].startswith("store-deploy-")]
    asked = {
        action.partition(":")[0]
        for each in deployers
        for statement in private.statements_of(each["Role"]["Fn::GetAtt"][0])
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }
    assert {"codepipeline", "dynamodb", "ecr", "eks", "secretsmanager", "cloudwatch"} <= asked
    assert asked - {"logs", "ec2"} <= ways  # Lambda itself writes the logs and makes the interfaces


def test_buckets_and_tables_of_others_are_not_reached(private: Synthesized) -> None:
    found = {name_of(each): each for each in private.of_type("AWS::EC2::VPCEndpoint").values()}
    own = {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    buckets = found["s3"]["PolicyDocument"]["Statement"]
    assert buckets[0]["Condition"] == own
    assert [json.dumps(each["Resource"]).count("starport-layer-bucket") for each in buckets] == [0, 1, 0]
    assert [each["Action"] for each in buckets[1:]] == ["s3:GetObject", "s3:PutObject"]
    (tables,) = found["dynamodb"]["PolicyDocument"]["Statement"]
    assert tables["Condition"] == own
    (jobs,) = found["codepipeline"]["PolicyDocument"]["Statement"]
    assert len(jobs["Action"]) == 3
    assert "*" not in json.dumps([each["Action"] for each in (*buckets, tables, jobs)])


@pytest.mark.parametrize(
    ("cluster", "needed"),
    [
        ("{network: {nat: none}}", "s3 ecr.api ecr.dkr ec2"),
        ("{network: {nat: none}, fargate: [dev]}", "s3 ecr.api ecr.dkr ec2 sts"),
        ("{network: {nat: none}, endpoint: private}", "s3 ecr.api ecr.dkr ec2 eks codepipeline dynamodb"),
        (
            "{network: {nat: none, endpoints: [ec2, xray]}, endpoint: {public_from: [203.0.113.0/24]}}",
            "s3 ecr.api ecr.dkr ec2 eks codepipeline dynamodb xray",
        ),
        ("{network: {endpoints: [s3]}, endpoint: private}", "s3"),
        ("{existing: platform}", ""),
    ],
)
def test_each_endpoint_is_there_for_a_reason(service: Callable[[str], Path], cluster: str, needed: str) -> None:
    loaded = load(service(ADDED.replace("cluster:\n", f"cluster: {cluster}\n")))
    assert endpoints(loaded) == tuple(needed.split())


def test_the_add_on_says_how_pods_get_their_addresses(private: Synthesized) -> None:
    (addon,) = private.of_type("AWS::EKS::Addon").values()
    joined = addon["ConfigurationValues"]["Fn::Join"][1]
    said = json.loads("".join(part if isinstance(part, str) else json.dumps(part).replace('"', "'") for part in joined))
    assert said["enableNetworkPolicy"] == "true"
    assert said["env"] == {
        "ENABLE_PREFIX_DELEGATION": "true",
        "WARM_PREFIX_TARGET": "1",
        "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
        "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
    }
    subnets = said["eniConfig"]["subnets"]
    assert len(subnets) == 2
    by_id = private.of_type("AWS::EC2::Subnet")
    for zone, subnet in subnets.items():
        (key,) = [each for each in by_id if each in subnet["id"]]
        assert json.dumps(by_id[key]["AvailabilityZone"]).replace('"', "'") == zone
        assert ["ClusterSecurityGroupId" in each for each in subnet["securityGroups"]] == [True]


def test_pods_subnets_are_made_in_the_second_range_with_the_routes_of_the_first(private: Synthesized) -> None:
    ((block, said),) = private.of_type("AWS::EC2::VPCCidrBlock").items()
    assert said["CidrBlock"] == "100.64.0.0/16"
    routes = [each["RouteTableId"]["Ref"] for each in private.of_type("AWS::EC2::SubnetRouteTableAssociation").values()]
    assert sorted(routes.count(each) for each in set(routes)) == [2, 2]
    pods = [key for key, each in private.of_type("AWS::EC2::Subnet").items() if each["CidrBlock"].startswith("100.")]
    assert all(block in private.resources[key]["DependsOn"] for key in pods)


def test_nodes_wait_for_the_ways_and_for_the_add_on_and_are_made_anew_with_it(private: Synthesized) -> None:
    groups = private.of_type("AWS::EKS::Nodegroup")
    assert all("PrefixRange" in key for key in groups)
    for key in groups:
        waits = {private.resources[each]["Type"] for each in private.resources[key]["DependsOn"]}
        assert {"AWS::EKS::Addon", "AWS::EC2::VPCEndpoint"} <= waits


def test_what_reaches_the_api_server_is_inside(private: Synthesized) -> None:
    placed = [each["FunctionName"] for each in private.of_type("AWS::Lambda::Function").values() if "VpcConfig" in each]
    assert sorted(placed) == ["store-deploy-dev", "store-deploy-prod", "store-namespaces"]
    verifying = [each for each in private.of_type("AWS::CodeBuild::Project").values() if "VpcConfig" in each]
    assert [len(each["VpcConfig"]["Subnets"]) for each in verifying] == [2, 2]
    (namespaces,) = [
        each for each in private.of_type("AWS::Lambda::Function").values() if each["FunctionName"] == "store-namespaces"
    ]
    assert namespaces["Environment"]["Variables"]["SHIPLINE_INSIDE"] == "true"
    ((key, _),) = private.of_type("Custom::Namespaces").items()
    waits = [private.resources[each]["Type"] for each in private.resources[key]["DependsOn"]]
    assert "AWS::EC2::VPCEndpoint" in waits


def test_a_network_that_is_there_is_used_by_its_ids(there: Synthesized) -> None:
    kinds = {item["Type"] for item in there.resources.values() if item["Type"].startswith("AWS::EC2::")}
    assert kinds == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}
    subnets = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]
    (cluster,) = there.of_type("AWS::EKS::Cluster").values()
    (group,) = there.of_type("AWS::EKS::Nodegroup").values()
    assert cluster["ResourcesVpcConfig"]["SubnetIds"] == group["Subnets"] == subnets
    assert {each["VpcId"] for each in there.of_type("AWS::EC2::SecurityGroup").values()} == {"vpc-0123456789abcdef0"}
    assert "Fn::GetAZs" not in json.dumps(there.resources)


def test_environments_on_fargate_have_a_profile_each_made_in_turn(there: Synthesized) -> None:
    profiles = there.of_type("AWS::EKS::FargateProfile")
    assert [each["Selectors"] for each in profiles.values()] == [
        [{"Namespace": "store-dev"}],
        [{"Namespace": "store-prod"}],
    ]
    first, second = profiles
    assert first in there.resources[second]["DependsOn"]
    (role,) = {json.dumps(each["PodExecutionRoleArn"]) for each in profiles.values()}
    (trusted,) = there.of_type("AWS::IAM::Role")[json.loads(role)["Fn::GetAtt"][0]]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert trusted["Principal"] == {"Service": "eks-fargate-pods.amazonaws.com"}
    assert "fargateprofile/" in json.dumps(trusted["Condition"]["ArnLike"]["aws:SourceArn"])


@pytest.mark.parametrize("name", ["private", "there", "spread"])
def test_cdk_nag_and_cdk_find_nothing(request: pytest.FixtureRequest, name: str) -> None:
    found: Synthesized = request.getfixturevalue(name)
    report = json.loads((found.folder / "validation-report.json").read_text())
    assert [item["violations"] for item in report["pluginReports"] if item["violations"]] == []
    told = [path.read_text() for path in found.folder.glob("*.metadata.json")]
    assert ["aws:cdk:warning" in text for text in told] == [False, False]


def test_what_other_keys_ask_of_aws_has_its_way_out_too(service: Any) -> None:
    cluster = "{endpoint: private, network: {nat: none}, storage: {ebs: true}, traffic: {load_balancers: true}}"
    asks = 'sign: true\nsecrets: {db: "shop/{environment}/db", pin: "ssm:/shop/pin"}\n'
    found = set(
        endpoints(load(service(f"name: shop\nsource: codecommit\nenvironments: [dev]\n{asks}cluster: {cluster}\n")))
    )
    assert found >= {"kms", "secretsmanager", "ssm", "eks-auth", "elasticloadbalancing"}
    assert not found & {"codecommit", "lambda", "elasticfilesystem", "monitoring"}
