"""What one environment needs: the function that deploys to it, the project that verifies it, and their access."""

from datetime import timedelta

from constructs import Construct

from pipeline.config.gitops.plan import group_of
from pipeline.config.service import Service, Target
from pipeline.parts.access import edit_namespaces, enter_group
from pipeline.parts.deployer import Deployer
from pipeline.parts.policies import allow
from pipeline.parts.project import BuildProject, ProjectPlan
from pipeline.parts.secrets import generated_secrets
from pipeline.parts.shared import Shared

VERIFY_TIMEOUT = timedelta(minutes=30)


class Environment(Construct):
    """`deployer` and, where the environment verifies, `verifier`; their access entries are for its namespaces only."""

    def __init__(self, scope: Construct, service: Service, target: Target, shared: Shared) -> None:
        super().__init__(scope, target.name)
        secrets = generated_secrets(self, service.name, target.name, service.secrets)
        self.deployer = Deployer(self, "Deployer", service, target, shared, secrets)
        within = (target.namespace, *target.other_namespaces)
        role, group = self.deployer.role, group_of(service.name, target.name)
        self.access = [
            enter_group(self, "DeployerAccess", shared.cluster, role, group)
            if target.gitops
            else edit_namespaces(self, "DeployerAccess", shared.cluster, role, *within)
        ]
        self.verifier: BuildProject | None = None
        if target.verify:
            self.verifier = BuildProject(self, "Verifier", _verifier(service, target, shared), shared.artifacts)
            self.access.append(
                edit_namespaces(self, "VerifierAccess", shared.cluster, self.verifier.role, target.namespace)
            )


def _verifier(service: Service, target: Target, shared: Shared) -> ProjectPlan:
    return ProjectPlan(
        name=f"{service.name}-verify-{target.name}",
        buildspec=target.verify,
        fallback="verify.yaml",
        variables={
            "SHIPLINE_SERVICE": service.name,
            "SHIPLINE_ENVIRONMENT": target.name,
            "SHIPLINE_NAMESPACE": target.namespace,
            "SHIPLINE_CLUSTER": shared.cluster.name,
        },
        timeout=VERIFY_TIMEOUT,
        statements=[allow(["eks:DescribeCluster"], shared.cluster.arn)],
        inside=shared.inside,
    )
