"""Logical ids of the stacks → words."""

from typing import Any

import pytest

from cli.planning.names import Names, part_of, plural
from cli.planning.template import resources


@pytest.mark.parametrize(
    ("kind", "construct", "words"),
    [
        ("AWS::Lambda::Function", "prodDeployerFunction", "the deployer of prod"),
        ("AWS::Lambda::Function", "euwestDeployerFunction", "the deployer of eu-west"),
        ("AWS::IAM::Role", "euwestDeployerRole", "the role of the deployer of eu-west"),
        ("AWS::Logs::LogGroup", "euwestVerifierLog", "the log of the verification of eu-west"),
        ("AWS::CodeBuild::Project", "BuildProject", "the build"),
        ("AWS::CodePipeline::Pipeline", "ReleasePipeline", "the pipeline"),
        ("AWS::IAM::Role", "ReleaseRole", "the role of the pipeline"),
        ("AWS::IAM::Role", "ReleasePipelineEventsRole", "the role of the trigger of the pipeline"),
        ("AWS::IAM::Role", "ReleaseeuwestDeployActionRole", "the role of the action Deploy of eu-west"),
        ("AWS::IAM::Role", "ReleaseSourceActionRole", "the role of the action Source"),
        ("AWS::ECR::Repository", "Imagesweb", "the image repository tiny/web"),
        ("AWS::DynamoDB::Table", "Ledger", "the ledger"),
        ("AWS::S3::Bucket", "ArtifactsBucket", "the bucket of artifacts"),
        ("AWS::EKS::Cluster", "Cluster", "the cluster"),
        ("AWS::EKS::Nodegroup", "ClusterNodegroupNodes", "the node group"),
        ("Custom::Namespaces", "NamespacesMade", "the namespaces"),
    ],
)
def test_resources_of_the_stacks_have_words(kind: str, construct: str, words: str, after: Any) -> None:
    templates = [stack.template for stack in after]
    (key,) = [
        key
        for each in templates
        for key, resource in resources(each).items()
        if key[:-8] == construct and resource["Type"] == kind
    ]
    assert Names(templates).full(key) == words


def test_every_resource_of_the_stacks_has_words_of_its_own(after: Any) -> None:
    templates = [stack.template for stack in after]
    names = Names(templates)
    keys = [(key, resource["Type"]) for each in templates for key, resource in resources(each).items()]
    assert len({(names.full(key), kind) for key, kind in keys}) == len(keys)


def test_what_the_tables_do_not_know_is_told_by_type_and_name() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}}
    role = {"Type": "AWS::IAM::Role", "Properties": {}}
    names = Names([{"Resources": {"Queue1A2B3C4D": queue, "Helper1A2B3C4D": role}}])
    assert names.full("Queue1A2B3C4D") == "the queue orders"
    assert names.actor("Helper1A2B3C4D") == "the role Helper"
    assert names.full("Parameter") == "Parameter"


@pytest.mark.parametrize(
    ("count", "kind", "words"),
    [
        (1, "AWS::EC2::VPC", "1 VPC"),
        (6, "AWS::EC2::Subnet", "6 subnets"),
        (2, "AWS::EC2::NatGateway", "2 nat gateways"),
        (2, "AWS::ECR::Repository", "2 repositories"),
        (2, "AWS::EC2::EIP", "2 addresses"),
    ],
)
def test_parts_are_counted(count: int, kind: str, words: str) -> None:
    assert plural(count, part_of(kind)) == words
