"""VPC endpoints: the way to AWS's services from a network that has no other."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.cluster.endpoints import GATEWAYS
from pipeline.config.cluster.networkplan import NetworkPlan

OWN = {"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}}
OBJECTS = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketAcl",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:PutObject",
]
ITEMS = [
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
]
JOBS = ["codepipeline:GetJobDetails", "codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"]


class Endpoints(Construct):
    """Interfaces take HTTPS from the VPC's own addresses alone. Buckets and tables are reached in this account only,
    beside the buckets of AWS that ECR and CloudFormation use; whoever calls still needs rights of their own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        plan: NetworkPlan,
        vpc: ec2.Vpc,
        subnets: Sequence[ec2.ISubnet],
        services: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        where = ec2.SubnetSelection(subnets=list(subnets))
        for name in services:
            if name in GATEWAYS:
                self._gateway(name, vpc, where)
        if interfaces := [name for name in services if name not in GATEWAYS]:
            group = self._group(plan, vpc)
            for name in interfaces:
                self._interface(name, vpc, where, group)

    def _gateway(self, name: str, vpc: ec2.Vpc, where: ec2.SubnetSelection) -> None:
        endpoint = ec2.GatewayVpcEndpoint(
            self, name, vpc=vpc, service=ec2.GatewayVpcEndpointAwsService(name), subnets=[where]
        )
        for statement in _of_buckets() if name == "s3" else [_anybody(ITEMS, ["*"], OWN)]:
            endpoint.add_to_policy(statement)

    def _interface(self, name: str, vpc: ec2.Vpc, where: ec2.SubnetSelection, group: ec2.SecurityGroup) -> None:
        endpoint = ec2.InterfaceVpcEndpoint(
            self,
            name,
            vpc=vpc,
            service=ec2.InterfaceVpcEndpointAwsService(name),
            subnets=where,
            security_groups=[group],
            open=False,
        )
        if name == "codepipeline":
            endpoint.add_to_policy(_anybody(JOBS, ["*"], None))

    def _group(self, plan: NetworkPlan, vpc: ec2.Vpc) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self, "Group", vpc=vpc, description="The VPC endpoints of the cluster", allow_all_outbound=False
        )
        for range_ in (plan.range, plan.pods):
            if range_:
                group.add_ingress_rule(ec2.Peer.ipv4(str(range_)), ec2.Port.tcp(443), "From inside of the VPC")
        return group


def _of_buckets() -> list[iam.PolicyStatement]:
    layers = f"arn:{Aws.PARTITION}:s3:::prod-{Aws.REGION}-starport-layer-bucket/*"
    answers = f"arn:{Aws.PARTITION}:s3:::cloudformation-custom-resource-response-*/*"
    return [
        _anybody(OBJECTS, ["*"], OWN),
        _anybody(["s3:GetObject"], [layers], None),
        _anybody(["s3:PutObject"], [answers], None),
    ]


def _anybody(
    actions: list[str], resources: list[str], conditions: dict[str, dict[str, str]] | None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()], actions=actions, resources=resources, conditions=conditions
    )
