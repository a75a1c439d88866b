"""What a definition costs: its lines against its templates, its prices against the table, and what is told of them."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load
from pipeline.cost import Assumptions, Estimate, Price, estimate, read, tell
from pipeline.cost.estimate import deployer_runs, verifications
from pipeline.cost.told import rough
from tests.unit.pipeline.conftest import CHECKOUT

Service = Callable[[str], Path]
GOOD = "name: shop\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
ASSUMED = Assumptions(releases=10, build_minutes=4, deploy_minutes=2, images=20, traffic=100, logs=10)
# Types of resources that cost nothing by themselves; `shipline cost` has no word for them.
FREE = {
    "AWS::CDK::Metadata",
    "AWS::CodeCommit::Repository",
    "AWS::EC2::FlowLog",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EKS::AccessEntry",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::ResourcePolicy",
    "AWS::S3::BucketPolicy",
    "Custom::Namespaces",
}
# By use, and told as not counted; the namespaces' function runs when a stack changes, for seconds.
NOT_COUNTED = {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}


def of(folder: Path, assumed: Assumptions = ASSUMED, **changes: Any) -> Estimate:
    return estimate(load(folder), replace(read(), **changes), assumed)


def quantities(found: Estimate) -> dict[str, float]:
    return {line.what: line.quantity + line.free for line in found.lines}


@pytest.mark.parametrize("name", ["sample", "anywhere", "github"])
def test_every_resource_of_the_templates_is_counted_free_or_told_as_not_counted(
    request: pytest.FixtureRequest, name: str
) -> None:
    made = request.getfixturevalue(name)
    counted = {
        "AWS::EKS::Cluster": 1,
        "AWS::EKS::Nodegroup": 1,
        "AWS::EC2::NatGateway": 1,
        "AWS::EC2::EIP": 1,
        "AWS::KMS::Key": 1,
        "AWS::CodePipeline::Pipeline": 1,
    }
    by_use = {"AWS::CodeBuild::Project", "AWS::ECR::Repository", "AWS::Lambda::Function", "AWS::Logs::LogGroup"}
    found = Counter(item["Type"] for item in made.resources.values())
    assert {kind: found[kind] for kind in counted} == counted
    assert found.keys() - counted.keys() - by_use - FREE - NOT_COUNTED <= {"AWS::SecretsManager::Secret"}


def test_secrets_verifications_and_deployments_are_those_of_the_templates(sample: Any) -> None:
    service = load(CHECKOUT)
    actions = [action for stage in sample.pipeline["Stages"] for action in stage["Actions"]]
    providers = Counter(action["ActionTypeId"]["Provider"] for action in actions)
    assert quantities(of(CHECKOUT))["Secrets Manager, secrets"] == len(sample.of_type("AWS::SecretsManager::Secret"))
    assert providers["CodeBuild"] == 1 + verifications(service)
    assert providers["Lambda"] == deployer_runs(service)


def test_nodes_and_their_disks_are_those_of_the_template(sample: Any) -> None:
    (group,) = sample.of_type("AWS::EKS::Nodegroup").values()
    found, scaling = quantities(of(CHECKOUT)), group["ScalingConfig"]
    assert found["2 nodes, m6i.large"] == scaling["MinSize"] * 730
    assert found["their disks, 50 GB each"] == scaling["MinSize"] * group["DiskSize"]


@pytest.mark.parametrize(
    ("text", "what", "quantity"),
    [
        ("", "CodePipeline, actions", 10 * (1 + 4 + 4 * 2)),  # four: three deployments, and the plan before prod
        ("", "CodeBuild medium, images", 10 * 4),
        ("", "Lambda, deployers", 10 * 4 * 2 * 60),
        ("deployer: {memory: 512}\n", "Lambda, deployers", 10 * 4 * 2 * 60 / 2),
        ("build: {compute: large}\n", "CodeBuild large, images", 40),
        ("secrets: [a, b]\n", "Secrets Manager, secrets", 6),
        ("cluster: {nodes: {least: 1, most: 1}}\n", "1 node, m6i.large", 730),
        (
            "cluster: {nodes: {a: {type: m6i.large, least: 3}, b: {type: c6i.large, least: 0}}}\n",
            "3 nodes, m6i.large",
            2190,
        ),
        ("cluster: {nodes: {a: {type: m6i.large, disk: 80}}}\n", "their disks, 80 GB each", 160),
        ("notify: ops@acme.example\n", "KMS key of what is told", 1),
        ("sign: true\n", "KMS key of signatures", 1),
        ("", "traffic through it", 100),
        ("", "ECR, images", 20),
        ("", "CloudWatch, logs taken in", 10),
    ],
)
def test_quantities_follow_from_the_definition_and_what_is_assumed(
    service: Service, text: str, what: str, quantity: float
) -> None:
    assert quantities(of(service(GOOD + text)))[what] == quantity


def test_free_minutes_of_the_small_size_are_there_once(service: Service) -> None:
    text = GOOD.replace("[dev", "[{name: dev, verify: v.yaml}") + "build: {compute: small}\n"
    folder = service(text)
    (folder / "v.yaml").touch()
    lines = {line.what: line for line in of(folder, replace(ASSUMED, releases=20)).lines}
    assert (lines["CodeBuild small, images"].free, lines["CodeBuild small, images"].quantity) == (80, 0)
    assert (lines["CodeBuild small, verification"].free, lines["CodeBuild small, verification"].quantity) == (20, 20)


def test_a_type_that_the_table_does_not_know_is_told_as_unknown_and_never_as_nothing(service: Service) -> None:
    found = of(service(GOOD + "cluster: {nodes: {type: x9z.large}}\n"))
    assert found.unknown == ("2 nodes, x9z.large",)
    lines = tell(found, read(), ASSUMED)
    (line,) = [line for line in lines if "x9z.large" in line and "nodes, " in line and "about" not in line]
    assert line.split()[-2:] == ["unknown", "unknown"]
    (total,) = [line for line in lines if line.startswith("about")]
    assert "2 nodes, x9z.large, whose price is unknown" in total
    assert "with all" not in total


def test_a_size_of_builds_that_the_table_does_not_know_is_told_as_unknown(service: Service) -> None:
    assert of(service(GOOD + "build: {compute: 2xlarge}\n")).unknown == ("CodeBuild 2xlarge, images",)


def test_machines_that_come_with_the_pods_are_told_as_not_counted(service: Service) -> None:
    found = of(service(GOOD + "cluster: {compute: auto}\nobserve: true\n"))
    assert found.not_counted[0] == "the machines of Auto Mode, which come with the pods"
    assert found.not_counted[-1] == "CloudWatch's dashboard, alarms and metrics"
    assert found.more_nodes is None


def test_a_cluster_that_is_there_costs_nothing_here(service: Service) -> None:
    found = of(service(GOOD + "cluster: {existing: main}\n"))
    assert not [line for line in found.lines if "EKS" in line.what or "NAT" in line.what or "node" in line.what]
    assert found.not_counted[0] == "the cluster, which is there already"
    assert (found.extended, found.more_nodes) == (None, None)
    assert found.total < 20


@pytest.mark.parametrize(
    ("written", "lines", "through"),
    [
        ("zones: 2", {"NAT gateway": 730, "its public IPv4 address": 730, "traffic through it": 100}, "NAT gateway"),
        ("nat: each", {"3 NAT gateways": 2190, "their public IPv4 addresses": 2190}, "NAT gateways"),
        ("nat: none", {"3 VPC endpoints in 3 zones": 6570, "traffic through them": 100}, "VPC endpoints"),
        ("nat: none, zones: 2, endpoints: [sqs]", {"4 VPC endpoints in 2 zones": 5840}, "VPC endpoints"),
        ("endpoints: [sqs]", {"1 VPC endpoint in 3 zones": 2190, "NAT gateway": 730}, "NAT gateway"),
    ],
)
def test_the_ways_out_are_counted(service: Service, written: str, lines: dict[str, float], through: str) -> None:
    found = of(service(GOOD + f"cluster: {{network: {{{written}}}}}\n"))
    assert quantities(found).items() >= lines.items()
    assert found.through.endswith(through)
    assert f"100 GB through {found.through}" in " ".join(tell(found, read(), ASSUMED))


def test_a_network_that_is_there_and_pods_on_fargate_are_told_as_not_counted(service: Service) -> None:
    subnets = "private: [subnet-0123456789abcdef0, subnet-0fedcba9876543210]"
    network = f"network: {{vpc: {{id: vpc-0123456789abcdef0, {subnets}}}}}"
    found = of(service(GOOD + f"cluster: {{{network}, fargate: [dev]}}\n"))
    assert found.not_counted[:2] == ("the network, which is there already", "pods on Fargate")
    assert not [line for line in found.lines if "NAT" in line.what or "endpoint" in line.what]
    assert "GB through" not in " ".join(tell(found, read(), ASSUMED))


def test_every_price_of_the_table_is_used_by_some_definition(service: Service) -> None:
    """A price that is ten thousand times as high shows in the total, or in what is told of extended support."""
    table = read()
    small = GOOD.replace("[dev", "[{name: dev, verify: v.yaml}") + "secrets: [a]\nbuild: {compute: small}\n"
    folder = service(small)
    (folder / "v.yaml").touch()
    much = replace(ASSUMED, releases=10_000)
    rules = [{"metric": {"namespace": "Shop", "name": f"Errors{number}", "above": 1.0}} for number in range(5)]
    watched = json.dumps({"before": rules, "success": rules, "failure": rules})  # more than are free

    def told(items: dict[str, Price]) -> list[str]:
        made = []
        for size in ("small", "medium", "large"):
            (folder / "pipeline.yaml").write_text(small.replace("small", size))
            made += tell(of(folder, much, items=items), table, much)
        (folder / "pipeline.yaml").write_text(small + "cluster: {network: {nat: none}}\n")
        made += tell(of(folder, much, items=items), table, much)
        (folder / "pipeline.yaml").write_text(small.replace("verify: v.yaml", f"verify: v.yaml, conditions: {watched}"))
        made += tell(of(folder, much, items=items), table, much)
        return made

    for name, item in table.items.items():
        assert told({**table.items, name: replace(item, price=item.price * 10_000)}) != told(table.items), name


@pytest.mark.parametrize("kind", sorted(read().instances))
def test_every_instance_of_the_table_has_a_price_and_doubles_with_its_size(kind: str) -> None:
    family, _, size = kind.partition(".")
    sizes = ["medium", "large", "xlarge", "2xlarge"]
    price = read().instance(kind)
    assert price is not None
    if size in sizes[1:] and f"{family}.{sizes[sizes.index(size) - 1]}" in read().instances:
        assert price == pytest.approx(2 * read().instances[f"{family}.{sizes[sizes.index(size) - 1]}"])


def test_the_table_says_of_when_where_and_whence_it_is() -> None:
    table = read()
    assert table.region == "us-east-1"
    assert isinstance(table.day, date)
    assert all(item.source.startswith("https://aws.amazon.com/") for item in table.items.values())
    assert all(item.price > 0 for item in table.items.values())


@pytest.mark.parametrize("example", sorted((CHECKOUT / "docs/examples").glob("*/pipeline.yaml")), ids=str)
def test_what_is_told_fits_a_screen(example: Path) -> None:
    lines = tell(of(example.parent), read(), ASSUMED)
    assert len(lines) <= 21
    assert max(map(len, lines)) <= 100
    assert str(read().day) in lines[0]
    assert sum("without data transfer and tax" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("amount", "said"),
    [(0, "$0.00"), (7.104, "$7.10"), (37.4, "$37"), (274.96, "$270"), (1_284, "$1,300"), (99_900, "$100,000")],
)
def test_sums_are_rough(amount: float, said: str) -> None:
    assert rough(amount) == said


def test_steps_cost_a_minute_each_and_a_docker_server_is_not_counted(service: Service) -> None:
    more = "build: {docker_server: large, steps: [{name: a, commands: [x]}, {name: b, commands: [x]}]}\n"
    plain, found = (estimate(load(service(text)), read(), ASSUMED) for text in (GOOD, GOOD + more))
    lines = {line.what: line for line in found.lines}
    steps = lines["CodeBuild small, steps of a minute"]
    assert steps.quantity + steps.free == 2 * ASSUMED.releases
    assert set(found.not_counted) - set(plain.not_counted) == {"the docker server"}
    actions = [next(line for line in each.lines if "actions" in line.what) for each in (plain, found)]
    assert actions[1].quantity + actions[1].free - actions[0].quantity - actions[0].free == 2 * ASSUMED.releases
