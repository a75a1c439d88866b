"""CodePipeline's EKS action as the deployment of one environment, and what its role may do."""

from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk.aws_eks_v2 import CfnAccessEntry
from constructs import Construct

from pipeline.config.eksaction.plan import manifest
from pipeline.config.service import Target
from pipeline.constructs.eks_deploy import EksDeployAction, Inside, Kubectl
from pipeline.parts.access import edit_namespaces
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.inside import Inside as Network
from pipeline.parts.logs import OF_PIPELINE
from pipeline.parts.policies import fixed
from pipeline.parts.shared import ClusterName

STREAMS = "The streams of the pipeline's own log; CodePipeline names them by its executions."
INTERFACES = "CodePipeline makes network interfaces before there is one to name; the subnets are named."


class Applied(Construct):
    """The release's manifests, applied to `cluster` by CodePipeline, in `network` where it has to run inside."""

    def __init__(
        self, scope: Construct, construct_id: str, target: Target, cluster: ClusterName, network: Network | None
    ) -> None:
        super().__init__(scope, construct_id)
        self._target = target
        self._cluster = cluster
        self._network = network

    def action(
        self, role: iam.Role, pipeline: str, release: codepipeline.Artifact, order: int
    ) -> tuple[EksDeployAction, CfnAccessEntry]:
        """The action as that role, which gets the action's rights; and the role's access, to one namespace."""
        network = self._network
        made = EksDeployAction(
            action_name="Deploy",
            cluster=self._cluster.name,
            deploy=Kubectl([manifest(self._target)]),
            input=release,
            namespace=self._target.namespace,
            inside=Inside(network.subnets, [network.group]) if network else None,
            role=fixed(role),
            run_order=order,
            variables_namespace=self._target.key,
        )
        for statement in made.statements(pipeline):
            role.add_to_policy(statement)
        acknowledge(role, _reasons(pipeline, inside=network is not None))
        return made, edit_namespaces(self, "Access", self._cluster, role, self._target.namespace)


def _reasons(pipeline: str, *, inside: bool) -> dict[str, str]:
    """By the ids of cdk-nag's findings."""
    group = OF_PIPELINE.format(service=pipeline)
    reasons = {f"logs:<AWS::Region>:<AWS::AccountId>:log-group:{group}:*": STREAMS}
    if inside:
        reasons["ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*"] = INTERFACES
    found = {f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:{name}]": why for name, why in reasons.items()}
    return found | ({"AwsSolutions-IAM5[Resource::*]": INTERFACES} if inside else {})
