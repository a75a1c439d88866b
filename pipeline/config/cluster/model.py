"""What may be written of the cluster in pipeline.yaml."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, Tag

from pipeline.config.base import Model
from pipeline.config.cluster.endpoint import PrivateOrEndpoint
from pipeline.config.cluster.equipment.model import Addons, SeenInside, Storage, Traffic
from pipeline.config.cluster.equipment.prometheus import Collected
from pipeline.config.cluster.network import Network
from pipeline.config.cluster.nodes import Nodes, OneOrNamed
from pipeline.config.cluster.scaling.model import Karpenter
from pipeline.config.kinds import KMS_KEY, Name, shaped

LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
Principal = Annotated[
    str,
    shaped(
        r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$",
        "write the ARN of a role or user: arn:aws:iam::ACCOUNT:role/NAME",
    ),
]


class Person(Model):
    """An access entry: whoever may take on an IAM role, and what they may do in the namespaces of environments. Several
    of one role add up."""

    role: Annotated[
        str,
        shaped(r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$", "write a role's ARN: arn:aws:iam::ACCOUNT:role/NAME"),
    ]
    """The IAM role's ARN, such as one of IAM Identity Center's."""
    can: Literal["view", "edit", "admin"] = "view"
    """EKS's access policies. `view` reads all but Secrets; `edit` changes what runs, and reads Secrets; `admin` gives
    rights within the namespace to others, too."""
    within: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(default=None, alias="in")
    """The environments; all when it is left out."""


class Cluster(Model):
    """The EKS cluster that the cluster stack makes."""

    version: Literal["1.35", "1.36"] = "1.36"
    """Kubernetes, within one minor version of the deployer's kubectl. After its standard support EKS asks
    more for the cluster, or upgrades it by itself: see `support`. `shipline explain` says until when that is."""
    support: Literal["standard", "extended"] | None = None
    """What EKS does on the day on which the version leaves standard support. `standard`: it upgrades the cluster to the
    next version, which this file then has to name. `extended`: it keeps the version for a year more, at a higher price.
    EKS's own default, `extended`, holds when it is left out."""
    compute: Literal["nodes", "auto"] = "nodes"
    """Who looks after the machines. `nodes`: managed node groups, as `nodes` says. `auto`: EKS Auto Mode, which starts
    and replaces amd64 machines as pods need them, and brings networking, DNS, load balancers and disks along. It is
    settled when the cluster is made: CloudFormation cannot turn one into the other."""
    nodes: OneOrNamed = Nodes()
    """Its machines: one node group, or several by name."""
    karpenter: Karpenter | None = None
    """Karpenter, which starts machines as pods need them, beside the node groups; none when it is left out."""
    autoscaler: StrictBool = False
    """The rights of the Cluster Autoscaler, which changes how many nodes the groups have, between `least` and `most`,
    for the service account `cluster-autoscaler` in `kube-system`. The cluster stack's output `InstallAutoscaler` is the
    command that installs it. A deployment that changes `least` or `most` of a group puts its nodes back to `least`."""
    endpoint: PrivateOrEndpoint | None = None
    """From where its API server can be reached; from everywhere when it is left out: IAM authenticates each request.
    `private`: from inside of its VPC and of what is joined to it alone, as by a VPN, where people have to be, too;
    what is said below of a restricted endpoint holds for it."""
    network: Network = Network()
    """The VPC that it is made in, and how pods get their addresses there."""
    fargate: Annotated[tuple[Name, ...], Field(max_length=10)] = ()
    """Environments whose pods run on AWS Fargate, each pod on a machine of its own and paid by itself; on nodes when
    none is written. There are no DaemonSets, privileged pods, host networks, arm64 images or `isolate` there. What is
    in such an environment's namespace already moves when its pods are made anew."""
    logs: tuple[LogType, ...] = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    """Which logs of the control plane go to CloudWatch Logs; `[]` for none."""
    protection: StrictBool | None = None
    """Whether EKS refuses to delete the cluster, by whomever. It has to be false, and deployed, before the stack can
    go. EKS's own default is false."""
    secrets_key: Annotated[str, shaped(KMS_KEY, "write the key's ARN: arn:aws:kms:REGION:ACCOUNT:key/ID")] | None = None
    """A KMS key of yours, in this account and region, for the envelope encryption of Kubernetes Secrets; a key that the
    stack makes when it is left out. EKS takes it when the cluster is made, and never another one, nor none again.
    Whoever deploys needs `kms:DescribeKey` and `kms:CreateGrant` on it."""
    addons: Addons = Addons()
    """EKS's add-ons; those that EKS puts into each cluster by itself when it is left out."""
    storage: Storage | None = None
    """Volumes for pods; none of our making when it is left out."""
    traffic: Traffic | None = None
    """Load balancers and names in DNS; none of our making when it is left out."""
    insights: SeenInside = False
    """CloudWatch Container Insights, for nodes, pods and their logs: true, or how."""
    prometheus: Collected = False
    """Metrics in Amazon Managed Service for Prometheus, instead of `insights` or beside it: true, or how."""
    admins: tuple[Principal, ...] = ()
    """IAM roles or users that may do everything in the cluster: the people who look after it."""
    people: Annotated[tuple[Person, ...], Field(max_length=200)] = ()
    """Who else may see or change what is in the environments' namespaces."""


ClusterName = Annotated[
    str,
    shaped(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", "write the cluster's name, as `aws eks list-clusters` tells it"),
]


class ExistingCluster(Model):
    """An EKS cluster that is there already, in this account and region: the cluster stack makes only the namespaces.

    Its authentication mode has to know access entries (API, or API_AND_CONFIG_MAP), and its endpoint has to be public:
    the deployers have no network of their own. Whoever runs it looks after its version, its nodes and its people.
    """

    existing: ClusterName
    """Its name."""


def _made_or_existing(value: Any) -> str:
    there = "existing" in value if isinstance(value, dict) else isinstance(value, ExistingCluster)
    return "<existing>" if there else "<cluster>"


MadeOrExisting = Annotated[
    Annotated[Cluster, Tag("<cluster>")] | Annotated[ExistingCluster, Tag("<existing>")],
    Discriminator(_made_or_existing),
]
