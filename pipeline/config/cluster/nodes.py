"""What may be written of a cluster's node groups."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import Name, shaped

InstanceType = Annotated[str, shaped(r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$", "write an EC2 instance type, as in m6i.large")]
# A prefix of a domain's form, if you like, and a name.
QUALIFIED = r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
Key = Annotated[
    str, shaped(QUALIFIED, "write a name as in `tier`, or with a domain in front, as in acme.org/tier", 317)
]
Value = Annotated[
    str,
    shaped(
        r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$",
        "use letters, digits, `-`, `_` and `.`, up to 63 of them, and begin and end with a letter or digit",
    ),
]


class Nodes(Model):
    """The cluster's only managed node group: AL2023 on disks of 50 GiB. Several are written by name instead; a cluster
    that has this one then gets the named ones first, and EKS drains this one before it goes."""

    type: InstanceType = "m6i.large"
    """The EC2 instance type; one with a Graviton processor where each image is built for arm64."""
    least: Annotated[StrictInt, Field(ge=1, le=100)] = 2
    """How many nodes there are at least."""
    most: Annotated[StrictInt, Field(ge=1, le=100)] = 4
    """How many there may be."""


class Taint(Model):
    """What keeps pods away that do not tolerate it."""

    key: Key
    """Its key."""
    value: Value | None = None
    """Its value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """What it does, in Kubernetes' words."""


class NodeGroup(Model):
    """A managed node group in the private subnets. Its launch template asks for encrypted gp3 disks and for IMDSv2 with
    one hop, so that pods cannot borrow the node's role. The processors follow the instance types: Graviton types
    (m7g.large) make arm64 nodes, and need a taint unless each image is built for arm64, too. Changed types, disks,
    `spot` or `image` make EKS start a new group before it drains the old one."""

    type: InstanceType | None = None
    """The EC2 instance type; m6i.large when neither this nor `types` is written."""
    types: Annotated[tuple[InstanceType, ...], Field(min_length=1, max_length=20)] | None = None
    """Several types, the most wanted first, all of one architecture. Spot groups find machines more often with more."""
    spot: StrictBool = False
    """Spare capacity, which is cheaper, and which EC2 takes back at two minutes' notice."""
    least: Annotated[StrictInt, Field(ge=0, le=100)] = 2
    """How many nodes there are at least, and at first."""
    most: Annotated[StrictInt, Field(ge=1, le=100)] = 4
    """How many there may be. EKS adds none by itself: the Cluster Autoscaler does (`autoscaler`)."""
    labels: Annotated[dict[Key, Value], Field(max_length=50)] = {}
    """Labels of the nodes, for node selectors."""
    taints: Annotated[tuple[Taint, ...], Field(max_length=50)] = ()
    """Taints of the nodes."""
    disk: Annotated[StrictInt, Field(ge=20, le=16384)] = 50
    """GiB for images, logs and `emptyDir`."""
    image: Literal["al2023", "bottlerocket"] = "al2023"
    """The operating system: Amazon Linux 2023, or Bottlerocket, which has no shell and no package manager."""
    unavailable: Annotated[StrictInt, Field(ge=1, le=100)] = 1
    """How many nodes an update may replace at a time."""


def _one_or_named(value: Any) -> str:
    several = isinstance(value, dict) and any(isinstance(each, dict | NodeGroup) for each in value.values())
    return "<nodegroup>" if several else "<nodes>"


NodeGroups = Annotated[dict[Name, NodeGroup], Field(min_length=1, max_length=30)]
OneOrNamed = Annotated[
    Annotated[Nodes, Tag("<nodes>")] | Annotated[NodeGroups, Tag("<nodegroup>")], Discriminator(_one_or_named)
]
