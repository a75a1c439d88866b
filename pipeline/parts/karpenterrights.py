"""The rights of Karpenter's controller, as its project publishes them for 1.x (reference/cloudformation), narrowed to
this account, and without those that make instance profiles: the stack makes the one that its nodes have."""

from collections.abc import Iterator

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

SEEN = (  # what a machine is started with
    *("capacity-reservation/*", "placement-group/*", "security-group/*", "subnet/*"),
)
PUBLIC = ("image/*", "snapshot/*")  # whoever's they are
MADE = (
    *("fleet/*", "instance/*", "volume/*", "network-interface/*", "launch-template/*"),
    "spot-instances-request/*",
)
TEMPLATES, INSTANCES = "launch-template/*", "instance/*"
READS = tuple(
    f"ec2:Describe{what}"
    for what in (
        *("CapacityReservations", "Images", "Instances", "InstanceStatus", "InstanceTypeOfferings", "InstanceTypes"),
        *("LaunchTemplates", "PlacementGroups", "SecurityGroups", "SpotPriceHistory", "Subnets"),
    )
)
START = ["ec2:RunInstances", "ec2:CreateFleet"]
POOL = "karpenter.sh/nodepool"


def statements(cluster: str, arn: str, queue: str, role: str, profile: str) -> Iterator[iam.PolicyStatement]:
    """`queue`, `role` and `profile` are ARNs: the queue of interruptions, and what the nodes get."""
    yield from _starts(cluster)
    yield from _tags(cluster)
    owned = {"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"}, **_pooled("Resource")}
    yield _allow(["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"], _ec2(INSTANCES, TEMPLATES), owned)
    yield _allow(["iam:PassRole"], [role], {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
    yield _allow(["iam:GetInstanceProfile"], [profile])
    yield _allow(["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [queue])
    yield _allow(["eks:DescribeCluster"], [arn])
    images = f"arn:{Aws.PARTITION}:ssm:{Aws.REGION}::parameter/aws/service/*"
    yield _allow(["ssm:GetParameter"], [images])
    yield _allow(READS, ["*"], {"StringEquals": {"aws:RequestedRegion": Aws.REGION}})
    shift = {"StringEquals": {"aws:ResourceIdentifier": arn}}
    yield _allow(["arc-zonal-shift:GetManagedResource"], ["*"], shift)
    yield _allow(["iam:ListInstanceProfiles", "pricing:GetProducts"], ["*"])


def told() -> Iterator[str]:
    """The resources with a star, as cdk-nag writes them."""
    yield "*"
    yield "arn:<AWS::Partition>:ssm:<AWS::Region>::parameter/aws/service/*"
    yield from (f"arn:<AWS::Partition>:ec2:<AWS::Region>::{each}" for each in PUBLIC)
    yield from (f"arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:{each}" for each in (*SEEN, *MADE))


def _starts(cluster: str) -> Iterator[iam.PolicyStatement]:
    public = [f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}::{each}" for each in PUBLIC]
    yield _allow(START, [*public, *_ec2(*SEEN)])
    owned = {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"}
    yield _allow(START, _ec2(TEMPLATES), {"StringEquals": owned, **_pooled("Resource")})
    marked = {"StringEquals": _asked(cluster), **_pooled("Request")}
    yield _allow([*START, "ec2:CreateLaunchTemplate"], _ec2(*MADE), marked)


def _tags(cluster: str) -> Iterator[iam.PolicyStatement]:
    making = {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]}
    yield _allow(["ec2:CreateTags"], _ec2(*MADE), {"StringEquals": {**_asked(cluster), **making}, **_pooled("Request")})
    later: dict[str, dict[str, object]] = {
        "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{cluster}": "owned"},
        **_pooled("Resource"),
        "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": cluster},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]},
    }
    yield _allow(["ec2:CreateTags"], _ec2(INSTANCES), later)


def _asked(cluster: str) -> dict[str, object]:
    return {
        f"aws:RequestTag/kubernetes.io/cluster/{cluster}": "owned",
        "aws:RequestTag/eks:eks-cluster-name": cluster,
    }


def _pooled(of: str) -> dict[str, dict[str, object]]:
    return {"StringLike": {f"aws:{of}Tag/{POOL}": "*"}}


def _ec2(*resources: str) -> list[str]:
    return [f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:{each}" for each in resources]


def _allow(
    actions: list[str] | tuple[str, ...], resources: list[str], conditions: object = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=resources, conditions=conditions)  # type: ignore[arg-type]
