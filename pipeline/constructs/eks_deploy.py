"""CodePipeline's own EKS action, which aws-cdk-lib has no class for.

Keys, rights and artifacts are those of AWS's "Amazon Elastic Kubernetes Service EKS deploy action reference". The
action runs `kubectl apply` or `helm upgrade` in a build of CodePipeline's own. It waits for no rollout, prunes nothing
and does not go back by itself: what Shipline's deployer adds is in docs/releases.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.parts.policies import allow


@dataclass(frozen=True)
class Kubectl:
    """Files or folders of manifests in the input artifact, applied in this order."""

    manifests: Sequence[str]

    def configuration(self) -> dict[str, str]:
        return {"ManifestFiles": _listed("manifests", self.manifests)}


@dataclass(frozen=True)
class Helm:
    """A chart in the input artifact, a folder or a `.tgz`; later values files win."""

    release: str
    chart: str
    values: Sequence[str] = ()

    def configuration(self) -> dict[str, str]:
        values = {"HelmValuesFiles": _listed("values", self.values)} if self.values else {}
        return {"HelmReleaseName": self.release, "HelmChartLocation": self.chart, **values}


@dataclass(frozen=True)
class Inside:
    """Where the action runs for a cluster without a public endpoint; ids of subnets and security groups in the
    cluster's own VPC."""

    subnets: Sequence[str]
    security_groups: Sequence[str]


def _listed(what: str, paths: Sequence[str]) -> str:
    """AWS separates paths by commas, and knows no way to write one in a path."""
    if not paths or any("," in path or not path for path in paths):
        raise ValueError(f"{what}: write one path at least, and none that is empty or has a comma")
    return ",".join(paths)


class EksDeployAction(actions.Action):
    """Provider EKS, version 1, for pipelines of type V2: one input artifact, no output.

    The action's role gets what the action needs of AWS: the cluster's description, a log, and network interfaces where
    it runs inside. What it may do in the cluster is yours to say, by an access entry for that role. The variable
    `EKSClusterName` comes out where `variables_namespace` is given.
    """

    def __init__(
        self,
        *,
        action_name: str,
        cluster: str,
        deploy: Kubectl | Helm,
        input: codepipeline.Artifact,  # noqa: A002 - the CDK's own name for it
        namespace: str | None = None,
        inside: Inside | None = None,
        role: iam.IRole | None = None,
        run_order: int = 1,
        variables_namespace: str | None = None,
    ) -> None:
        super().__init__(
            action_name=action_name,
            artifact_bounds=codepipeline.ActionArtifactBounds(min_inputs=1, max_inputs=1, min_outputs=0, max_outputs=0),
            category=codepipeline.ActionCategory.DEPLOY,
            provider="EKS",
            owner="AWS",
            version="1",
            inputs=[input],
            role=role,
            run_order=run_order,
            variables_namespace=variables_namespace,
        )
        self._cluster = cluster
        self._deploy = deploy
        self._namespace = namespace
        self._inside = inside

    # jsii hands over the options as one value, whatever the stub of the base class says.
    def _bound(  # type: ignore[override]
        self, scope: Construct, stage: codepipeline.IStage, options: codepipeline.ActionBindOptions
    ) -> codepipeline.ActionConfig:
        role = options.role
        options.bucket.grant_read(role)
        for statement in self.statements(stage.pipeline.pipeline_name):
            role.add_to_principal_policy(statement)
        return codepipeline.ActionConfig(configuration=self._configuration())

    def _configuration(self) -> dict[str, str]:
        found = {"ClusterName": self._cluster, **self._deploy.configuration()}
        if self._namespace:
            found["Namespace"] = self._namespace
        if self._inside:
            found["Subnets"] = _listed("subnets", self._inside.subnets)
            found["SecurityGroupIds"] = _listed("security_groups", self._inside.security_groups)
        return found

    def statements(self, pipeline: str) -> list[iam.PolicyStatement]:
        """What its role gets by itself, for a role that is imported and cannot be added to."""
        logs = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/codepipeline/{pipeline}"
        cluster = f"arn:{Aws.PARTITION}:eks:{Aws.REGION}:{Aws.ACCOUNT_ID}:cluster/{self._cluster}"
        written = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], logs, f"{logs}:*")
        inside = _interfaces(self._inside) if self._inside else []
        return [allow(["eks:DescribeCluster"], cluster), written, *inside]


def _interfaces(inside: Inside) -> list[iam.PolicyStatement]:
    """As AWS publishes them, with the subnets named; what only describes knows no resources."""
    ec2 = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}"
    subnets = [f"{ec2}:subnet/{each}" for each in inside.subnets]
    described = ("DhcpOptions", "NetworkInterfaces", "RouteTables", "SecurityGroups", "Subnets", "Vpcs")
    made = allow(["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"], "*")
    made.add_condition("StringEqualsIfExists", {"ec2:Subnet": subnets})
    lent = allow(["ec2:CreateNetworkInterfacePermission"], f"{ec2}:network-interface/*")
    lent.add_condition("ArnEquals", {"ec2:Subnet": subnets})
    return [allow([f"ec2:Describe{each}" for each in described], "*"), made, lent]
