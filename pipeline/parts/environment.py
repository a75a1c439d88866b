"""What one environment needs: the function that deploys to it, the project that verifies it, and their access."""

from dataclasses import replace
from datetime import timedelta

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk.aws_eks_v2 import CfnAccessEntry
from constructs import Construct

from pipeline.config.gitops.plan import group_of
from pipeline.config.service import Service, Target
from pipeline.parts.access import edit_namespaces, enter_group
from pipeline.parts.deployer import Deployer
from pipeline.parts.eksaction import Applied
from pipeline.parts.policies import allow
from pipeline.parts.project import BuildProject, ProjectPlan
from pipeline.parts.reach import Reach, cluster_of, reach_of
from pipeline.parts.secretchanges import follow_secrets
from pipeline.parts.secrets import Secrets, generated_secrets
from pipeline.parts.shared import ClusterName, Shared

VERIFY_TIMEOUT = timedelta(minutes=30)


class Environment(Construct):
    """One part of an environment: `deployer`, or `applied` where CodePipeline's EKS action deploys, and, where it
    verifies, `verifier`. Their access entries are for its namespaces only, and where a role is taken elsewhere they are
    that role's, in the target's own stack."""

    def __init__(
        self, scope: Construct, service: Service, target: Target, shared: Shared, secrets: Secrets | None = None
    ) -> None:
        """`secrets` are those of the environment, where its parts share them."""
        super().__init__(scope, target.key)
        self.target = target
        if secrets is None:
            secrets = generated_secrets(self, service.name, target.name, service.secrets)
        self.access: list[CfnAccessEntry] = []
        self.applied: Applied | None = None
        self.deployer: Deployer | None = None
        self.verifier: BuildProject | None = None
        reach = reach_of(service.name, target)
        if service.by_action:
            self.applied = Applied(self, "Applied", target, shared.cluster, shared.inside)
        else:
            self.deployer = Deployer(self, "Deployer", service, target, shared, secrets)
            follow_secrets(self, service.name, target, self.deployer.function)
            self._let_in(self.deployer.role, group_of(service.name, target.name), shared.cluster, reach)
        if target.verify:
            self.verifier = BuildProject(self, "Verifier", _verifier(service, target, shared), shared.artifacts)
            if not reach:
                self.access.append(
                    edit_namespaces(self, "VerifierAccess", shared.cluster, self.verifier.role, target.namespace)
                )

    def _let_in(self, role: iam.IRole, group: str, cluster: ClusterName, reach: Reach | None) -> None:
        target = self.target
        within = (target.namespace, *target.other_namespaces)
        if target.gitops:
            self.access.append(enter_group(self, "DeployerAccess", cluster, role, group))
        elif not reach:
            groups = [group] if target.rollout else []
            self.access.append(edit_namespaces(self, "DeployerAccess", cluster, role, *within, groups=groups))


def environments(scope: Construct, service: Service, target: Target, shared: Shared) -> list[Environment]:
    """The parts of one environment. What is generated for it is the same at all of its targets."""
    if not target.targets:
        return [Environment(scope, service, target, shared)]
    secrets = generated_secrets(Construct(scope, target.name), service.name, target.name, service.secrets)
    return [Environment(scope, service, part, _at(service, part, shared), secrets) for part in target.parts]


def _at(service: Service, part: Target, shared: Shared) -> Shared:
    """What is shared, with the part's own cluster; only the service's own one has an inside."""
    inside = shared.inside if part.is_on(service.cluster.name) else None
    return replace(shared, cluster=cluster_of(part, shared.cluster), inside=inside)


def _verifier(service: Service, target: Target, shared: Shared) -> ProjectPlan:
    reach = reach_of(service.name, target)
    return ProjectPlan(
        name=f"{service.name}-verify-{target.key}",
        role=reach.verifier if reach else None,
        buildspec=target.verify,
        fallback="verify.yaml",
        variables={
            "SHIPLINE_SERVICE": service.name,
            "SHIPLINE_ENVIRONMENT": target.name,
            "SHIPLINE_NAMESPACE": target.namespace,
            "SHIPLINE_CLUSTER": shared.cluster.name,
            **_told(target, shared, reach),
        },
        timeout=VERIFY_TIMEOUT,
        statements=[
            allow(["sts:AssumeRole"], reach.there(reach.verifying))
            if reach
            else allow(["eks:DescribeCluster"], shared.cluster.arn)
        ],
        inside=shared.inside,
    )


def _told(target: Target, shared: Shared, reach: Reach | None) -> dict[str, str]:
    """What a buildspec is told of a target, and of the role that it has to take to get there."""
    if target.at is None:
        return {}
    told = {"SHIPLINE_TARGET_NAME": target.at.name, "SHIPLINE_REGION": shared.cluster.region or Aws.REGION}
    if reach:
        told |= {"SHIPLINE_ROLE": reach.there(reach.verifying), "SHIPLINE_EXTERNAL_ID": reach.external_id}
    return told
