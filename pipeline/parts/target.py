"""What is made beside a cluster that an environment has as a target: its namespace, and who may come in."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.gitops.plan import group_of
from pipeline.config.service import Target
from pipeline.parts.access import edit_namespaces
from pipeline.parts.namespaces import Namespaces, NamespacesPlan
from pipeline.parts.policies import allow
from pipeline.parts.reach import Reach
from pipeline.parts.shared import ClusterName


class TargetPlace(Construct):
    """`home` is the pipeline's account; `reach` is None where the deployer needs no role to come in by."""

    def __init__(
        self, scope: Construct, construct_id: str, service: str, part: Target, reach: Reach | None, home: str
    ) -> None:
        super().__init__(scope, construct_id)
        assert part.at
        cluster = ClusterName(part.at.cluster)
        plan = NamespacesPlan(f"{service}-namespaces-{part.key}", service, cluster, "latest", (part,))
        Namespaces(self, "Namespaces", plan)
        if reach:
            within = (part.namespace, *part.other_namespaces)
            groups = [group_of(service, part.name)] if part.rollout else []
            self._role("Deploying", cluster, reach.deploying, reach.trust(home, reach.deployer), within, groups)
            if part.verify:
                trust = reach.trust(home, reach.verifier)
                self._role("Verifying", cluster, reach.verifying, trust, (part.namespace,))

    def _role(
        self,
        construct_id: str,
        cluster: ClusterName,
        name: str,
        trust: iam.IPrincipal,
        within: Sequence[str],
        groups: Sequence[str] = (),
    ) -> None:
        """A role that may ask where the cluster is, and change what is in some of its namespaces."""
        role = iam.Role(self, construct_id, role_name=name, assumed_by=trust)
        role.add_to_policy(allow(["eks:DescribeCluster"], cluster.arn))
        edit_namespaces(self, f"{construct_id}Access", cluster, role, *within, groups=groups)
