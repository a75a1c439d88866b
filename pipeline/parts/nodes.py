"""What pods run on: managed node groups, or the role that EKS Auto Mode's machines get."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from pipeline.config.cluster.plan import NodeGroupPlan
from pipeline.parts.acknowledge import acknowledge

IMAGES = {
    ("al2023", "amd64"): eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
    ("al2023", "arm64"): eks.NodegroupAmiType.AL2023_ARM_64_STANDARD,
    ("bottlerocket", "amd64"): eks.NodegroupAmiType.BOTTLEROCKET_X86_64,
    ("bottlerocket", "arm64"): eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
}
EFFECTS = {
    "NoSchedule": eks.TaintEffect.NO_SCHEDULE,
    "PreferNoSchedule": eks.TaintEffect.PREFER_NO_SCHEDULE,
    "NoExecute": eks.TaintEffect.NO_EXECUTE,
}
ROOT, BOTTLEROCKET_DATA = "/dev/xvda", "/dev/xvdb"
POLICY = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{}]"
OF_INTERFACES = "AwsSolutions-IAM5[Resource::arn:aws:ec2:*:*:network-interface/*]"
ADDRESSES = "EKS names these rights as those that nodes need for IPv6; a node's interfaces have no name before."
REASON = "EKS names this policy as the one that nodes need, and AWS keeps it in step with Kubernetes."


@dataclass(frozen=True)
class Place:
    """Where a group's machines are. They wait for `ways`, which they need to find the cluster. `era` is part of the
    group's id: EKS counts a node's pods when a group is made, so another way to address them makes another group."""

    subnets: Sequence[ec2.ISubnet]
    ways: Sequence[IDependable]
    era: str = ""

    @property
    def selected(self) -> ec2.SubnetSelection:
        return ec2.SubnetSelection(subnets=list(self.subnets))


def node_group(cluster: eks.Cluster, plan: NodeGroupPlan, place: Place) -> eks.Nodegroup:
    group = _named(cluster, plan, plan.name, place) if plan.name else _only(cluster, plan, place)
    group.node.add_dependency(*place.ways)
    policies = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")
    acknowledge(group.role, {POLICY.format(name): REASON for name in policies})
    if cluster.ip_family == eks.IpFamily.IP_V6:
        acknowledge(group.role, {OF_INTERFACES: ADDRESSES})
    return group


def auto_mode_role(scope: Construct) -> iam.Role:
    """Pods' addresses and disks are EKS's business there, with the cluster's role: a node only joins, and pulls."""
    policies = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
    role = iam.Role(
        scope,
        "AutoModeRole",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in policies],
    )
    acknowledge(role, {POLICY.format(name): REASON for name in policies})
    return role


def _only(cluster: eks.Cluster, plan: NodeGroupPlan, place: Place) -> eks.Nodegroup:
    return cluster.add_nodegroup_capacity(
        f"Nodes{place.era}",
        instance_types=[ec2.InstanceType(name) for name in plan.types],
        ami_type=IMAGES[plan.image, plan.architecture],
        min_size=plan.least,
        desired_size=plan.least,
        max_size=plan.most,
        disk_size=plan.disk,
        subnets=place.selected,
    )


def _named(cluster: eks.Cluster, plan: NodeGroupPlan, name: str, place: Place) -> eks.Nodegroup:
    template = _launch_template(cluster, plan, f"Launch-{name}")
    return cluster.add_nodegroup_capacity(
        f"Nodes{place.era}-{name}",
        instance_types=[ec2.InstanceType(each) for each in plan.types],
        ami_type=IMAGES[plan.image, plan.architecture],
        capacity_type=eks.CapacityType.SPOT if plan.spot else eks.CapacityType.ON_DEMAND,
        min_size=plan.least,
        desired_size=plan.least,
        max_size=plan.most,
        max_unavailable=plan.unavailable,
        labels=dict(plan.labels),
        taints=[eks.TaintSpec(key=taint.key, value=taint.value, effect=EFFECTS[taint.effect]) for taint in plan.taints],
        launch_template_spec=eks.LaunchTemplateSpec(id=template.ref, version=template.attr_latest_version_number),
        subnets=place.selected,
    )


def _launch_template(scope: Construct, plan: NodeGroupPlan, construct_id: str) -> ec2.CfnLaunchTemplate:
    data = ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
        block_device_mappings=_disks(plan),
        metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
            http_tokens="required", http_put_response_hop_limit=1
        ),
    )
    return ec2.CfnLaunchTemplate(scope, construct_id, launch_template_data=data)


def _disks(plan: NodeGroupPlan) -> list[ec2.CfnLaunchTemplate.BlockDeviceMappingProperty]:
    """Bottlerocket keeps its own system on the first disk, as large as its image, and all else on the second."""
    if plan.image == "bottlerocket":
        return [_disk(ROOT, None), _disk(BOTTLEROCKET_DATA, plan.disk)]
    return [_disk(ROOT, plan.disk)]


def _disk(device: str, size: int | None) -> ec2.CfnLaunchTemplate.BlockDeviceMappingProperty:
    return ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(
        device_name=device,
        ebs=ec2.CfnLaunchTemplate.EbsProperty(
            encrypted=True, volume_type="gp3", volume_size=size, delete_on_termination=True
        ),
    )
