"""What may be written of Karpenter and its node pools."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from pipeline.config.base import Model
from pipeline.config.cluster.nodes import InstanceType, Key, Taint, Value
from pipeline.config.kinds import Name, Within, shaped

Family = Annotated[str, shaped(r"^[a-z][a-z0-9-]*$", "write a family of EC2 instance types, as in m7i", 20)]


class Pool(Model):
    """A NodePool and its EC2NodeClass: which machines Karpenter may start; of those it takes the cheapest that hold the
    pods that wait. Their disks are encrypted gp3, IMDSv2 takes one hop, so that pods cannot borrow the node's role, and
    they run in the private subnets. Karpenter takes nodes away that are empty or could be fewer, a tenth of them at a
    time."""

    families: Annotated[tuple[Family, ...], Field(min_length=1, max_length=30)] | None = None
    """Families of EC2 instance types, as in m7i. When neither these nor `types` are written: all of the general,
    compute and memory families (m, c and r) since their sixth generation."""
    types: Annotated[tuple[InstanceType, ...], Field(min_length=1, max_length=60)] | None = None
    """EC2 instance types, and no others."""
    architecture: Literal["amd64", "arm64"] | None = None
    """The processors; that of `families` or `types`, or else amd64, when it is left out. Nodes of arm64 need a taint
    unless each image is built for arm64, too."""
    spot: StrictBool = False
    """Spare capacity where there is some, and on demand otherwise. The account needs EC2 Spot's service-linked role,
    which `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com` makes once."""
    cpus: Annotated[StrictInt, Field(ge=1, le=100_000)] = 100
    """How many vCPUs its nodes may have together."""
    memory: Annotated[str, shaped(r"^[1-9]\d*(Mi|Gi|Ti)$", "write it as in 512Mi or 20Gi", 20)] | None = None
    """How much memory they may have together; as much as comes with the vCPUs when it is left out."""
    labels: Annotated[dict[Key, Value], Field(max_length=50)] = {}
    """Labels of the nodes, for node selectors."""
    taints: Annotated[tuple[Taint, ...], Field(max_length=50)] = ()
    """Taints of the nodes."""
    disk: Annotated[StrictInt, Field(ge=20, le=16384)] = 50
    """GiB for images, logs and `emptyDir`."""
    image: Literal["al2023", "bottlerocket"] = "al2023"
    """The operating system, in AWS's newest image of it: nodes of an older one are replaced."""
    expire: Annotated[timedelta, Within("1h", "365d", by="the toolkit")] = timedelta(days=30)
    """After how long a node is replaced, whatever runs there."""


class Karpenter(Model):
    """What Karpenter needs of AWS, and the machines that it may start. The rights are those that its project publishes
    for 1.x, for the service account `karpenter` in `kube-system`, less what makes instance profiles: the stack makes
    the one that the nodes have. A queue tells it of interruptions. Karpenter itself is a Helm chart with objects of the
    whole cluster, which no release from here may make, and so are the pools: the cluster stack's output
    `InstallKarpenter` is the command that installs it, and `ApplyNodePools` the one that makes the pools in the
    cluster, after that, and again when they have changed here. It runs on the node groups, and never on nodes of its
    own. A pool that goes from here stays in the cluster until `kubectl delete nodepool,ec2nodeclass NAME`. Delete all
    pools before the stack goes: their machines are not the stack's. In a network of `nat: none` the chart and its image
    have to come from ECR, so the command needs their place there."""

    pools: Annotated[dict[Name, Pool], Field(min_length=1, max_length=20)] = {"default": Pool()}
    """The pools, by name; one with every default, `default`, when none is written."""
