"""EKS's add-ons, and the roles of those that call AWS."""

from aws_cdk import Aws
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.cluster.equipment import known
from pipeline.config.cluster.equipment.plan import AddonPlan, Equipment
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cluster import Cluster
from pipeline.parts.identity import pod_role
from pipeline.parts.insights import log_groups
from pipeline.parts.nodes import POLICY
from pipeline.parts.policies import allow, rights
from pipeline.parts.shared import ClusterName

# AWS's own policies, the narrowest that AWS documents for each.
MANAGED = {
    known.EBS: ("AmazonEBSCSIDriverEKSClusterScopedPolicy",),
    known.EFS: ("service-role/AmazonEFSCSIDriverPolicy",),
    known.INSIGHTS: ("CloudWatchAgentServerPolicy",),
}
TRACES = "AWSXrayWriteOnlyAccess"
REASON = "AWS documents this policy as the one that the add-on needs, and keeps it in step with it."
ON_EACH_NODE = ("kube-proxy", known.AGENT)  # they run wherever a node is, and wait for none


class Addons(Construct):
    """All but the network's, which the cluster itself makes. What runs in pods waits for nodes; what gets a role, for
    the agent that hands it out."""

    def __init__(
        self, scope: Construct, construct_id: str, cluster: Cluster, name: ClusterName, plan: Equipment
    ) -> None:
        super().__init__(scope, construct_id)
        self._cluster, self._name, self._plan = cluster, name, plan
        made = {each.name: self._addon(each) for each in plan.addons if each.name != "vpc-cni"}
        for addon in made:
            if addon in known.ACCOUNTS and known.AGENT in made:
                made[addon].node.add_dependency(made[known.AGENT])
        if "adot" in made:
            made["adot"].node.add_dependency(made["cert-manager"])
        if plan.insights:
            made[known.INSIGHTS].node.add_dependency(*log_groups(self, name.name, plan.insights))

    def _addon(self, addon: AddonPlan) -> eks.CfnAddon:
        role = self._role(addon.name) if addon.name in known.ACCOUNTS else None
        made = eks.CfnAddon(
            self,
            addon.name,
            addon_name=addon.name,
            addon_version=addon.version,
            cluster_name=self._cluster.eks.cluster_name,
            configuration_values=addon.configuration,
            pod_identity_associations=[_association(addon.name, role)] if role else None,
            preserve_on_delete=True if addon.name in known.CORE else None,
            resolve_conflicts="OVERWRITE",
        )
        if addon.name not in ON_EACH_NODE:
            made.node.add_dependency(*self._cluster.nodes, *(rights(role) if role else ()))
        return made

    def _role(self, name: str) -> iam.Role:
        namespace, account = known.ACCOUNTS[name]
        managed = MANAGED.get(name, ())
        if name == known.INSIGHTS and self._plan.insights and self._plan.insights.traces:
            managed = (*managed, TRACES)
        role = pod_role(self, f"Role-{name}", self._name, namespace, account, *managed)
        acknowledge(role, {POLICY.format(policy): REASON for policy in managed})
        if name == known.DNS:
            self._name_zones(role)
        return role

    def _name_zones(self, role: iam.Role) -> None:
        """ExternalDNS reads all zones before it picks its own: where it may not, it changes none."""
        zones = f"arn:{Aws.PARTITION}:route53:::hostedzone/"
        role.add_to_policy(allow(["route53:ChangeResourceRecordSets"], *(zones + zone for zone in self._plan.zones)))
        reads = ["route53:ListResourceRecordSets", "route53:ListTagsForResources"]
        role.add_to_policy(allow(reads, f"{zones}*"))
        role.add_to_policy(allow(["route53:ListHostedZones"], "*"))
        reason = "ExternalDNS lists the account's zones to find its own; it changes none but the named ones."
        resources = ("*", "arn:<AWS::Partition>:route53:::hostedzone/*")
        acknowledge(role, {f"AwsSolutions-IAM5[Resource::{resource}]": reason for resource in resources})


def _association(name: str, role: iam.Role) -> eks.CfnAddon.PodIdentityAssociationProperty:
    account = known.ACCOUNTS[name][1]
    return eks.CfnAddon.PodIdentityAssociationProperty(role_arn=role.role_arn, service_account=account)
