"""What may be written of what a cluster comes with."""

import json
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, StrictBool, Tag
from pydantic_core import PydanticCustomError

from pipeline.config.base import Model
from pipeline.config.kinds import Short, Within, shaped

VERSION = r"^v\d+\.\d+\.\d+(-[a-z0-9.]+)*-eksbuild\.\d+$"


def _for_json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value)
    except TypeError as error:
        raise PydanticCustomError("configuration", "put dates into quotes: EKS takes it as JSON") from error
    return value


class Addon(Model):
    """An EKS add-on: which version, and how it is set up."""

    version: (
        Annotated[str, shaped(VERSION, "write a version as EKS has it, with its build: v1.13.2-eksbuild.4")] | None
    ) = None
    """Its version, with EKS's build. `aws eks describe-addon-versions --kubernetes-version 1.36 --addon-name NAME`
    lists those that the cluster can have, and EKS refuses others when the stack is deployed. When it is left out, EKS
    installs its default for the cluster's Kubernetes, and the add-on stays at that until somebody asks for another
    one: CloudFormation does not raise it. `shipline upgrade` says when that is due."""
    configuration: Annotated[dict[str, Any], Field(min_length=1), AfterValidator(_for_json)] | None = None
    """What the add-on's own schema takes, as `aws eks describe-addon-configuration` shows it."""


def _version_or_how(value: Any) -> str:
    return "<how>" if isinstance(value, str | dict | Model) else "<yes-or-no>"


Asked = Annotated[
    Annotated[Addon, Short("version", str), Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")],
    Discriminator(_version_or_how),
]


class Addons(Model):
    """EKS's add-ons, by EKS's own names: `true` for EKS's default version, a version, or a mapping. What is changed by
    hand in the cluster is set back (EKS's `OVERWRITE`): the definition decides. Those that `storage`, `traffic` and
    `insights` bring along need not stand here, unless for their version or configuration. Each that calls AWS does so
    as a role of its own, by EKS Pod Identity, and `eks-pod-identity-agent` comes with the first of them.

    GuardDuty's agent is not here: a detector is one for the whole account and region, so a service's stack must not
    make it, and GuardDuty's Runtime Monitoring brings the agent, and the endpoint that it needs, into all clusters."""

    coredns: Asked = False
    """The cluster's DNS. It is there in any case; here EKS looks after it, and its version can be chosen."""
    kube_proxy: Asked = Field(default=False, alias="kube-proxy")
    """The Services' rules on each node; as with `coredns`. At most three minor versions behind the cluster."""
    vpc_cni: Asked = Field(default=False, alias="vpc-cni")
    """The pods' network; as with `coredns`."""
    eks_pod_identity_agent: Asked = Field(default=False, alias="eks-pod-identity-agent")
    """Hands roles to pods."""
    eks_node_monitoring_agent: Asked = Field(default=False, alias="eks-node-monitoring-agent")
    """Tells as node conditions what is wrong with a node's kernel, disks or network."""
    metrics_server: Asked = Field(default=False, alias="metrics-server")
    """What `kubectl top` and HorizontalPodAutoscalers read."""
    kube_state_metrics: Asked = Field(default=False, alias="kube-state-metrics")
    """The states of Kubernetes' objects as metrics, for a Prometheus of yours."""
    cert_manager: Asked = Field(default=False, alias="cert-manager")
    """Issues and renews certificates within the cluster."""
    adot: Asked = False
    """AWS's operator of OpenTelemetry collectors; it needs `cert-manager`. Collectors get roles of your making."""
    aws_ebs_csi_driver: Asked = Field(default=False, alias="aws-ebs-csi-driver")
    """How the driver that `storage: {ebs: true}` brings is to be."""
    aws_efs_csi_driver: Asked = Field(default=False, alias="aws-efs-csi-driver")
    """How the driver that `storage: {efs: true}` brings is to be."""
    snapshot_controller: Asked = Field(default=False, alias="snapshot-controller")
    """How the controller that `storage: {snapshots: true}` brings is to be."""
    external_dns: Asked = Field(default=False, alias="external-dns")
    """How the ExternalDNS that `traffic: {dns: […]}` brings is to be."""
    amazon_cloudwatch_observability: Asked = Field(default=False, alias="amazon-cloudwatch-observability")
    """How the agent that `insights` brings is to be."""


class Storage(Model):
    """Volumes for pods. The namespaces function makes the StorageClasses, which stay when the key goes, since claims
    may name them; so do the volumes themselves, which are the claims' to delete."""

    ebs: StrictBool = False
    """Volumes of one pod at a time: the EBS driver, and the StorageClass `gp3` for all claims that name none:
    encrypted, made where the pod runs, and growing when the claim does. The driver touches only volumes of this
    cluster: tag one from elsewhere `ebs.csi.aws.com/cluster-name: CLUSTER` before you import it. EKS Auto Mode has a
    driver, and gets the StorageClass alone."""
    efs: StrictBool = False
    """Volumes of many pods at once: an encrypted EFS file system with a mount target in each private subnet, which the
    nodes alone reach, a daily backup, the EFS driver, and the StorageClass `efs`, which makes an access point for each
    claim. The file system stays when the stack goes."""
    snapshots: StrictBool = False
    """The controller of VolumeSnapshots, and their CRDs. A VolumeSnapshotClass is yours to make."""


class Traffic(Model):
    """How the world finds its way into the cluster."""

    load_balancers: StrictBool = False
    """The rights of the AWS Load Balancer Controller, as its project publishes them, narrowed to this cluster's load
    balancers and VPC, for the service account `aws-load-balancer-controller` in `kube-system`. The controller itself is
    a Helm chart with objects of the whole cluster, which no release from here may make: the cluster stack's output
    `InstallLoadBalancers` is the command that installs it. EKS Auto Mode has a controller of its own."""
    dns: Annotated[
        tuple[
            Annotated[str, shaped(r"^Z[A-Z0-9]{1,31}$", "write a hosted zone's id, as in Z0123456789ABCDEFGHIJ")], ...
        ],
        Field(max_length=50),
    ] = ()
    """Ids of Route 53's hosted zones, in which ExternalDNS keeps the names of Ingresses and Services. It may change
    those zones alone, and lists all. Clusters that share a zone each need a `txtOwnerId` of their own, in the add-on's
    configuration."""


class Insights(Model):
    """CloudWatch Container Insights: the agent's add-on, with metrics of nodes and pods, and log groups that are made
    here, so that they have a retention and go with the stack."""

    retention: Annotated[timedelta, Within("1d", "3653d", by="CloudWatch Logs")] = timedelta(days=30)
    """How long logs are kept, in one of the lengths that CloudWatch Logs knows."""
    logs: StrictBool = True
    """Whether what containers write goes to CloudWatch Logs, too."""
    traces: StrictBool = False
    """Whether Application Signals instruments all workloads, and sends their traces to X-Ray. It restarts them."""


def _yes_no_or_how(value: Any) -> str:
    return "<how>" if isinstance(value, dict | Model) else "<yes-or-no>"


SeenInside = Annotated[
    Annotated[Insights, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(_yes_no_or_how)
]
