"""What belongs to a registry as a whole, and who may do what with the images."""

import json
from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.registry.plan import HarborPlan, RegistryPlan
from pipeline.config.service import SecretReference, Service
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.policies import allow
from pipeline.parts.readsecrets import read_secrets
from pipeline.parts.repositories import Repositories

# What `docker push` and the search for an image that exists already call; nothing that deletes.
PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]
# A pull through a cache: ECR fetches what is not there yet as whoever pulls.
CACHED = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:CreateRepository",
    "ecr:GetDownloadUrlForLayer",
]
MARK = ["ecr:BatchGetImage", "ecr:PutImage"]
CACHES = "A cache's repositories are made as images are asked for: the rule's prefix names them."


class RegistrySettings(Construct):
    """Pull-through caches, and the registry's replication."""

    def __init__(self, scope: Construct, construct_id: str, service: str, plan: RegistryPlan) -> None:
        super().__init__(scope, construct_id)
        for rule in plan.cache:
            ecr.CfnPullThroughCacheRule(
                self,
                f"Cache-{rule.name}",
                ecr_repository_prefix=rule.prefix,
                upstream_registry=rule.upstream,
                upstream_registry_url=rule.url,
                credential_arn=rule.secret,
            )
        if plan.copies:
            _replicate(self, service, plan)


def _replicate(scope: Construct, service: str, plan: RegistryPlan) -> None:
    written = ecr.CfnReplicationConfiguration
    destinations = [
        written.ReplicationDestinationProperty(region=copy.region, registry_id=copy.account or Aws.ACCOUNT_ID)
        for copy in plan.copies
    ]
    own = written.RepositoryFilterProperty(filter=f"{service}/", filter_type="PREFIX_MATCH")
    rule = written.ReplicationRuleProperty(destinations=destinations, repository_filters=[own])
    written(scope, "Replication", replication_configuration=written.ReplicationConfigurationProperty(rules=[rule]))


def may_push(service: Service, repositories: Repositories) -> Iterator[iam.PolicyStatement]:
    """The build's rights."""
    plan = service.registry
    if plan.harbor:
        yield from read_robot(plan.harbor, plan.harbor.robot)
        return
    yield allow(["ecr:GetAuthorizationToken"], "*")
    yield allow(PUSH, *repositories.arns)
    if plan.cache:
        yield allow(CACHED, *(_cached(rule.prefix) for rule in plan.cache))


def may_ask(service: Service, repositories: Repositories) -> Iterator[iam.PolicyStatement]:
    """A deployer's rights: whether the images are there, what their scans say, and to mark those that run."""
    plan = service.registry
    if plan.harbor:
        yield from read_robot(plan.harbor, plan.harbor.pull)
        return
    scans = ["ecr:DescribeImageScanFindings"] if service.scan else []
    # An index is not scanned, but what it holds is: the gate reads what that is.
    scans += ["ecr:BatchGetImage"] if scans and any(len(image.platforms) > 1 for image in service.images) else []
    yield allow(["ecr:DescribeImages", *scans], *repositories.arns)
    if plan.keep:
        yield allow(MARK, *repositories.arns)


def read_robot(harbor: HarborPlan, secret: str) -> Iterator[iam.PolicyStatement]:
    yield from read_secrets([SecretReference("robot", secret, harbor.key)])


def acknowledge_caches(role: iam.Role, plan: RegistryPlan) -> None:
    for rule in plan.cache:
        finding = f"arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository/{rule.prefix}/*"
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{finding}]": CACHES})


def robot(plan: RegistryPlan, *, trusted: bool) -> dict[str, str]:
    """Where the robot of a Harbor is kept; nobody's for a build that may not push."""
    return {"SHIPLINE_HARBOR": json.dumps({"robot": plan.harbor.robot if trusted else ""})} if plan.harbor else {}


def build_variables(plan: RegistryPlan) -> dict[str, str]:
    """The arguments that lead to the caches, by the variables that hand them to every Dockerfile."""
    host = f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}"
    return {f"BUILD_ARG_{rule.argument}": f"{host}/{rule.prefix}" for rule in plan.cache}


def _cached(prefix: str) -> str:
    return f"arn:{Aws.PARTITION}:ecr:{Aws.REGION}:{Aws.ACCOUNT_ID}:repository/{prefix}/*"
