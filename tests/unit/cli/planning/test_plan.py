"""Two versions of a service's stacks → what a release manager reads."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.planning.plan import Plan
from cli.planning.synthesis import Stack
from cli.planning.telling import data, lines

Stacks = tuple[Stack, ...]
Planned = Callable[[Stacks, Stacks], Plan]


def text(plan: Plan) -> str:
    """As on a terminal that is wide enough for every line, without indents."""
    return "\n".join(line.strip() for line in lines(plan, width=10_000))


def edited(stacks: Stacks, edit: Callable[[dict[str, Any]], None]) -> Stacks:
    """With the resources of each stack edited."""
    found = []
    for stack in stacks:
        template = copy.deepcopy(dict(stack.template))
        edit(template["Resources"])
        found.append(Stack(stack.name, template))
    return tuple(found)


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == kind]


def test_the_same_stacks_change_nothing(before: Stacks, planned: Planned) -> None:
    plan = planned(before, before)
    assert list(lines(plan)) == ["nothing changes"]
    assert (plan.changes, plan.counts["changes"]) == ((), 0)


@pytest.mark.parametrize(
    "line",
    [
        "the deployer of prod",
        "+ may now ecr:DescribeImageScanFindings on the image repository tiny/web",
        "+ gets AmazonEKSEditPolicy in the namespace kube-system",
        "the deployer of eu-west (new)",
        "+ may now be assumed by lambda.amazonaws.com (sts:AssumeRole)",
        "+ may now be used by the action Deploy of eu-west: lambda:InvokeFunction",
        "the node group is replaced by a new one",
        "InstanceTypes: + m6i.xlarge, - m6i.large",
        "new stage eu-west, behind dev",
        "Verify (Test by CodeBuild)",
        "the stage Source changes",
        "Source: BranchName: main → release",
        "the trigger of the pipeline",
        "EventPattern.detail.referenceName: + release, - main",
        "the pipeline's execution mode: SUPERSEDED → QUEUED",
        "SHIPLINE_TARGET.wait.timeout: 600 → 720",
        "SHIPLINE_TARGET.otherNamespaces: + kube-system",
    ],
)
def test_an_edit_is_told_in_words(line: str, before: Stacks, after: Stacks, planned: Planned) -> None:
    assert line in text(planned(before, after)).splitlines()


def test_rights_come_first_and_the_sum_last(before: Stacks, after: Stacks, planned: Planned) -> None:
    told = list(lines(plan := planned(before, after)))
    titles = [line for line in told if line and not line.startswith(" ")]
    assert titles[:-1] == ["Rights", "Lost, replaced or left behind", "The pipeline", "The rest"]
    count = plan.counts
    assert told[-1] == f"{count['changes']} changes; {count['widen']} with wider rights; 1 replaced; 1 deleted"
    assert max(map(len, told)) <= 100


def test_a_change_of_the_pipeline_says_what_it_does_to_rollbacks(
    before: Stacks, after: Stacks, planned: Planned
) -> None:
    assert "resets CodePipeline's own rollback targets" in text(planned(before, after))

    def retag(resources: dict[str, Any]) -> None:
        for pipeline in of_type(resources, "AWS::CodePipeline::Pipeline"):
            pipeline["Tags"] = [{"Key": "team", "Value": "shop"}]

    plan = planned(before, edited(before, retag))
    assert (plan.pipeline, len(plan.rest)) == ((), 1)


def test_the_way_back_loses_what_the_edit_brought(before: Stacks, after: Stacks, planned: Planned) -> None:
    plan = planned(after, before)
    told = text(plan).splitlines()
    assert "the stage eu-west goes" in told
    assert "the log of the deployer of eu-west is deleted, and its log with it" in told
    assert "- may no longer ecr:DescribeImageScanFindings on the image repository tiny/web" in told
    assert plan.counts["widen"] == 0
    assert plan.summary.endswith(f"{plan.counts['deleted']} deleted; 2 with the data in it")


def test_a_first_deployment_is_all_new(before: Stacks, planned: Planned) -> None:
    plan = planned((), before)
    assert {change.action for change in plan.changes} == {"created"}
    told = text(plan).splitlines()
    assert "new: the pipeline, Source → Build → dev → prod-approval → prod" in told
    assert any(line.startswith("new: 1 VPC, 6 subnets, 6 route tables,") for line in told)
    assert (plan.losses, plan.counts["narrow"]) == ((), 0)


def test_another_asset_is_new_code(before: Stacks, planned: Planned) -> None:
    def rebuild(resources: dict[str, Any]) -> None:
        for function in of_type(resources, "AWS::Lambda::Function"):
            function["Code"]["S3Key"] = f"{'0' * 64}.zip"
        for layer in of_type(resources, "AWS::Lambda::LayerVersion"):
            layer["Content"]["S3Key"] = f"{'1' * 64}.zip"

    plan = planned(before, edited(before, rebuild))
    assert [(line.text, line.details) for line in plan.rest] == [
        ("the maker of namespaces, the deployer of dev, the deployer of prod", ("new code",)),
        ("kubectl and helm", ("a new version",)),
    ]
    assert (plan.losses, plan.counts["replaced"]) == ((), 0)


def test_a_replaced_network_takes_the_cluster_with_it(before: Stacks, planned: Planned) -> None:
    def move(resources: dict[str, Any]) -> None:
        for vpc in of_type(resources, "AWS::EC2::VPC"):
            vpc["CidrBlock"] = "10.1.0.0/16"
        for cluster in of_type(resources, "AWS::EKS::Cluster"):
            cluster["RoleArn"] = "arn:aws:iam::123456789012:role/other"
            cluster["ResourcesVpcConfig"]["PublicAccessCidrs"] = ["10.0.0.0/8"]

    told = text(plan := planned(before, edited(before, move))).splitlines()
    assert "addresses that reach the public endpoint: not set → 10.0.0.0/8" in told
    assert "the VPC of the network is replaced by a new one" in told
    assert any(line.startswith("replaced with what they belong to: 6 subnets") for line in told)
    assert "the cluster is replaced by a new one, and everything that runs in it with it" in told
    assert any(line.startswith("CloudFormation will refuse this: a resource with this name") for line in told)
    assert (plan.counts["refused"], plan.counts["lost"]) == (1, 1)


def test_a_cluster_does_not_leave_its_vpc(before: Stacks, planned: Planned) -> None:
    def widen(resources: dict[str, Any]) -> None:
        for vpc in of_type(resources, "AWS::EC2::VPC"):
            vpc["CidrBlock"] = "10.1.0.0/16"

    def leave(resources: dict[str, Any]) -> None:
        for group in of_type(resources, "AWS::EC2::SecurityGroup"):
            group["VpcId"] = "vpc-0123456789abcdef0"

    for move in (widen, leave):
        told = text(plan := planned(before, edited(before, move))).splitlines()
        assert "the cluster is replaced by a new one, and everything that runs in it with it" in told
        said = "CloudFormation will refuse this: EKS keeps a cluster in the VPC that it was made in"
        assert any(line.startswith(said) for line in told)
        assert plan.counts["refused"] == 1


def test_ranges_of_services_are_settled_and_ways_out_are_not(before: Stacks, planned: Planned) -> None:
    def ranged(resources: dict[str, Any]) -> None:
        for cluster in of_type(resources, "AWS::EKS::Cluster"):
            cluster["KubernetesNetworkConfig"]["ServiceIpv4Cidr"] = "172.20.0.0/16"

    def rerouted(resources: dict[str, Any]) -> None:
        for key in [key for key, each in resources.items() if each["Type"] == "AWS::EC2::Route"]:
            del resources[key]

    told = text(planned(before, edited(before, ranged))).splitlines()
    assert "the cluster is replaced by a new one, and everything that runs in it with it" in told
    assert "addresses of Services: not set → 172.20.0.0/16" in told
    plan = planned(before, edited(before, rerouted))
    assert (plan.counts["replaced"], plan.counts["refused"]) == (0, 0)


def test_what_becomes_of_data_is_said(before: Stacks, planned: Planned) -> None:
    def edit(resources: dict[str, Any]) -> None:
        for key in [key for key, each in resources.items() if each["Type"] == "AWS::ECR::Repository"]:
            del resources[key]
        for table in of_type(resources, "AWS::DynamoDB::Table"):
            table["TableName"] = "other"
        for resource in resources.values():
            if resource["Type"] == "AWS::KMS::Key":
                resource["DeletionPolicy"] = "Delete"

    told = [(line.text, line.details) for line in planned(before, edited(before, edit)).losses]
    kept = "and stays in the account: nothing deletes it, and a new one cannot take its name"
    assert told == [
        (f"the image repository tiny/web leaves the stack, {kept}", ()),
        (
            "the ledger is replaced by a new one; the old one stays in the account",
            ("TableName: tiny-releases → other",),
        ),
        (
            "the key of the cluster's secrets changes what becomes of it when it goes",
            ("DeletionPolicy: Retain → Delete",),
        ),
    ]


def test_the_same_rights_in_other_words_are_not_more(before: Stacks, planned: Planned) -> None:
    def split(resources: dict[str, Any]) -> None:
        for policy in of_type(resources, "AWS::IAM::Policy"):
            policy["PolicyDocument"]["Statement"] = [
                {**each, "Action": action}
                for each in policy["PolicyDocument"]["Statement"]
                for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])
            ]

    plan = planned(before, edited(before, split))
    assert plan.rights == ()
    (line,) = plan.rest
    assert line.text.startswith("written differently, with the same rights: ")
    assert len(line.ids) == plan.counts["changes"] > 3


def test_a_bucket_policy_in_another_order_gives_the_same_rights(before: Stacks, planned: Planned) -> None:
    def turn(resources: dict[str, Any]) -> None:
        for policy in of_type(resources, "AWS::S3::BucketPolicy"):
            policy["PolicyDocument"]["Statement"].reverse()

    plan = planned(before, edited(before, turn))
    assert [line.text for line in plan.rest] == [
        "written differently, with the same rights: the policy of the bucket of access logs, "
        "the policy of the bucket of artifacts"
    ]


def test_stacks_that_share_ids_are_told_apart(before: Stacks, after: Stacks, planned: Planned) -> None:
    twice = (*before, *(Stack(f"other-{stack.name}", stack.template) for stack in before))
    plan = planned(twice, (*after, *twice[2:]))
    assert plan.counts == planned(before, after).counts
    assert "the deployer of prod (tiny-delivery)" in text(plan).splitlines()
    assert "(other-tiny-delivery)" not in text(plan)


def test_stages_that_change_places_are_told(before: Stacks, planned: Planned) -> None:
    def turn(resources: dict[str, Any]) -> None:
        for pipeline in of_type(resources, "AWS::CodePipeline::Pipeline"):
            pipeline["Stages"] = [*pipeline["Stages"][:2], *pipeline["Stages"][:1:-1]]

    told = text(planned(before, edited(before, turn)))
    order = "Source → Build → dev → prod-approval → prod"
    assert f"the stages change places: {order} becomes Source → Build → prod → prod-approval → dev" in told


def test_programs_read_the_same(before: Stacks, after: Stacks, planned: Planned) -> None:
    plan = planned(before, after)
    told = json.loads(json.dumps(data(plan)))
    assert list(told) == [
        "summary", "counts", "stacks", "rights", "network", "losses", "pipeline", "rest", "changes",
    ]  # fmt: skip
    assert told["counts"]["changes"] == len(told["changes"]) == len(plan.changes)
    assert told["stacks"][0] == {"name": "tiny-cluster", "status": "UPDATE_COMPLETE", "note": "", "remedy": ""}
    (scans,) = [
        right
        for each in told["rights"]
        if each["holder"] == {"kind": "role", "words": "the deployer of prod"}
        for right in each["rights"]
    ]
    assert scans == {
        "direction": "widens",
        "effect": "may",
        "who": [""],
        "actions": ["ecr:DescribeImageScanFindings"],
        "on": ["the image repository tiny/web"],
        "when": "",
    }
    (group,) = [each for each in told["changes"] if each["type"] == "AWS::EKS::Nodegroup"]
    assert (group["action"], group["properties"]) == (
        "replaced",
        [{"path": "InstanceTypes", "before": ["m6i.large"], "after": ["m6i.xlarge"]}],
    )
