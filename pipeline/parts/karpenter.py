"""What Karpenter needs of AWS: its nodes' role and their way into the cluster, its own role, a queue of interruptions,
and the commands and objects that put it to use."""

from collections.abc import Sequence

from aws_cdk import Aws, CfnOutput, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.cluster.taints import keep_away
from pipeline.parts import karpenterrights
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cluster import Cluster
from pipeline.parts.identity import associate, pod_role
from pipeline.parts.nodepools import manifests
from pipeline.parts.nodes import ADDRESSES, POLICY, REASON
from pipeline.parts.policies import allow
from pipeline.parts.shared import ClusterName

NAMESPACE, ACCOUNT = "kube-system", "karpenter"
OF_NODES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly")
INTERRUPTIONS = {
    "aws.health": ["AWS Health Event"],
    "aws.ec2": [
        "EC2 Capacity Reservation Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Spot Instance Interruption Warning",
    ],
}
INSTALL = (
    "helm upgrade --install karpenter oci://public.ecr.aws/karpenter/karpenter --namespace kube-system"
    " --set settings.clusterName={cluster} --set settings.interruptionQueue={queue}"
)
APPLY = (
    "aws cloudformation describe-stacks --region {region} --stack-name {stack} --output text"
    " --query \"Stacks[0].Outputs[?starts_with(OutputKey, 'NodePool')].OutputValue\" | kubectl apply --filename -"
)
OF_INTERFACES = (
    "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*]"
)
RIGHTS = "Its project publishes these rights: what it makes has no name before, and lists have no resources."


class Karpenter(Construct):
    """The controller's role is for its service account alone; what it may end is what carries the cluster's name."""

    def __init__(
        self, scope: Construct, construct_id: str, plan: ClusterPlan, cluster: Cluster, subnets: Sequence[ec2.ISubnet]
    ) -> None:
        super().__init__(scope, construct_id)
        self._plan, self._cluster, self._name = plan, cluster, ClusterName(plan.name)
        nodes = self._node_role()
        profile = iam.CfnInstanceProfile(self, "Profile", roles=[nodes.role_name])
        queue = self._queue()
        self._controller(queue, nodes, profile)
        self._tell(queue, profile, [subnet.subnet_id for subnet in subnets])

    def _node_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "NodeRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            description=f"Nodes that Karpenter starts for {self._plan.name}",
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in OF_NODES],
        )
        acknowledge(role, {POLICY.format(name): REASON for name in OF_NODES})
        if self._plan.network.ipv6:
            role.add_to_policy(_number_pods())
            acknowledge(role, {OF_INTERFACES: ADDRESSES})
        eks.CfnAccessEntry(
            self,
            "Join",
            cluster_name=self._cluster.eks.cluster_name,
            principal_arn=role.role_arn,
            type="EC2_LINUX",
        )
        return role

    def _queue(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Interruptions",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.minutes(5),
        )
        acknowledge(queue, {"AwsSolutions-SQS3": "A warning that nobody has read within minutes is worth nothing."})
        rules = [self._rule(source, kinds, queue) for source, kinds in INTERRUPTIONS.items()]
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                conditions={"ArnEquals": {"aws:SourceArn": [rule.attr_arn for rule in rules]}},
            )
        )
        return queue

    def _rule(self, source: str, kinds: Sequence[str], queue: sqs.Queue) -> events.CfnRule:
        return events.CfnRule(
            self,
            f"Rule-{source.rpartition('.')[2]}",
            description=f"What {source} says of machines, for Karpenter of {self._plan.name}",
            event_pattern={"source": [source], "detail-type": list(kinds)},
            targets=[events.CfnRule.TargetProperty(id="Karpenter", arn=queue.queue_arn)],
        )

    def _controller(self, queue: sqs.Queue, nodes: iam.Role, profile: iam.CfnInstanceProfile) -> None:
        role = pod_role(self, "Role", self._name, NAMESPACE, ACCOUNT)
        name, arn = self._plan.name, self._name.arn
        for statement in karpenterrights.statements(name, arn, queue.queue_arn, nodes.role_arn, profile.attr_arn):
            role.add_to_policy(statement)
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{each}]": RIGHTS for each in karpenterrights.told()})
        associate(self, self._cluster.eks.cluster_name, NAMESPACE, ACCOUNT, role)

    def _tell(self, queue: sqs.Queue, profile: iam.CfnInstanceProfile, subnets: Sequence[str]) -> None:
        command = INSTALL.format(cluster=self._plan.name, queue=queue.queue_name) + _settings(self._plan)
        self._output("InstallKarpenter", command, "Installs Karpenter")
        apply = APPLY.format(region=Aws.REGION, stack=Aws.STACK_NAME)
        self._output("ApplyNodePools", apply, "Makes Karpenter's node pools in the cluster, as they are below")
        group = self._cluster.eks.cluster_security_group_id
        for number, pool in enumerate(self._plan.scaling.pools, 1):
            objects = manifests(pool, profile.ref, subnets, group, self._plan.network)
            self._output(f"NodePool{number}", objects, f"The node pool {pool.name}")

    def _output(self, name: str, value: str, description: str) -> None:
        CfnOutput(self, name, value=value, description=description).override_logical_id(name)


def _number_pods() -> iam.PolicyStatement:
    """What AWS's policy for the network add-on has no word of."""
    interfaces = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:network-interface/*"
    return allow(["ec2:AssignIpv6Addresses", "ec2:UnassignIpv6Addresses"], interfaces)


def _settings(plan: ClusterPlan) -> str:
    """What Karpenter has to know of the network, and of how many nodes there are for its two replicas."""
    said = ["settings.isolatedVPC=true"] if plan.network.nat == "none" else []
    said += ["settings.reservedENIs=1"] if plan.network.pods else []
    said += ["replicas=1"] if sum(group.least for group in plan.nodes if not keep_away(group.taints)) < 2 else []
    return "".join(f" --set {each}" for each in said)
