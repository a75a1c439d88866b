"""The environments' namespaces, made by a small function with an access entry of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline.assets import TOOLKIT
from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster
from pipeline.config.gitops.plan import group_of
from pipeline.config.rollout.plan import ROUTES, VERBS
from pipeline.config.service import Service, Target
from pipeline.parts.access import administer
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cluster import Cluster
from pipeline.parts.door import Door
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, fixed, rights, write_logs
from pipeline.parts.shared import ClusterName


@dataclass(frozen=True)
class NamespacesPlan:
    """Namespaces of one cluster; `name` is the function's, `version` that of Pod Security Standards."""

    name: str
    service: str
    cluster: ClusterName
    version: str
    targets: tuple[Target, ...]
    switched_on: bool = False  # network policies are enforced once a ConfigMap asks for it
    private: bool = False  # the API server is reached from inside alone


def own_namespaces(service: Service) -> NamespacesPlan:
    """Those on the service's own cluster."""
    return NamespacesPlan(
        name=f"{service.name}-namespaces",
        service=service.name,
        cluster=ClusterName(service.cluster.name),
        version=f"v{service.cluster.version}" if isinstance(service.cluster, ClusterPlan) else "latest",
        targets=service.here,
        switched_on=_switched_on(service.cluster),
        private=isinstance(service.cluster, ClusterPlan) and service.cluster.private,
    )


class Namespaces(Construct):
    """One custom resource for all namespaces of the service on a cluster; they stay when the stack goes. `made`: the
    cluster, where the same stack makes it; `door`: where the function has to go in; `classes`: the StorageClasses that
    it makes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        plan: NamespacesPlan,
        made: Cluster | None = None,
        door: Door | None = None,
        classes: Sequence[Mapping[str, object]] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        name, named = plan.name, plan.cluster
        group = log_group(self, "Log", f"/aws/lambda/{name}")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(write_logs(group))
        role.add_to_policy(allow(["eks:DescribeCluster"], named.arn))
        entry = administer(self, "Access", named, role.role_arn)
        if made:
            entry.node.add_dependency(made.eks)
        function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Makes the namespaces of {plan.service}",
            runtime=lambda_.Runtime.PYTHON_3_11,
            handler="namespaces.handler.handle",
            code=lambda_.Code.from_asset(str(TOOLKIT / "lambdas"), exclude=["*", "!namespaces", "!namespaces/*.py"]),
            role=fixed(role),
            timeout=Duration.minutes(5),
            memory_size=256,
            log_group=group,
        )
        function.node.add_dependency(*rights(role))
        if door:
            door.inside.place(function, role, name)
        if plan.private:
            function.add_environment("SHIPLINE_INSIDE", "true")
        acknowledge(function, {"AwsSolutions-L1": "Python 3.11 is the one that the function is tested with."})
        resource = CustomResource(
            self,
            "Made",
            resource_type="Custom::Namespaces",
            service_token=function.function_arn,
            service_timeout=Duration.minutes(6),
            properties={
                "ClusterName": made.eks.cluster_name if made else named.name,
                "Service": plan.service,
                "Namespaces": [_wanted(target, plan.version) for target in plan.targets],
                **({"Readers": readers} if (readers := _readers(plan)) else {}),
                **({"NetworkPolicyController": "true"} if plan.switched_on else {}),
                **({"StorageClasses": classes} if classes else {}),
            },
        )
        resource.node.add_dependency(entry, *(door.ways if door else ()))


def _readers(plan: NamespacesPlan) -> list[dict[str, object]]:
    """The deployers that commit, each of which reads one object, which tells how its reconciler fares; and those that
    move traffic, by routes that no access policy of EKS knows."""
    routing: list[dict[str, object]] = [
        {
            "Group": group_of(plan.service, target.name),
            "Environment": target.name,
            "Namespace": target.namespace,
            "ApiGroup": ROUTES[0],
            "Resource": ROUTES[1],
            "Verbs": list(VERBS),
        }
        for target in plan.targets
        if target.rollout
    ]
    return routing + [
        {
            "Group": group_of(plan.service, target.name),
            "Environment": target.name,
            "Namespace": target.gitops.namespace,
            "ApiGroup": target.gitops.reads[0],
            "Resource": target.gitops.reads[1],
            "Object": target.gitops.application,
        }
        for target in plan.targets
        if target.gitops
    ]


def _wanted(target: Target, version: str) -> dict[str, object]:
    """As the function reads it; CloudFormation makes texts of all values."""
    rules = target.rules
    wanted: dict[str, object] = {"Name": target.namespace, "Environment": target.name}
    if rules.pod_security:
        wanted["PodSecurity"] = {"Level": rules.pod_security, "Version": version}
    if rules.quota:
        wanted["Quota"] = dict(rules.quota)
    if rules.isolate:
        wanted["Isolate"] = "true"
    return wanted


def _switched_on(cluster: ClusterPlan | ExistingCluster) -> bool:
    """EKS Auto Mode enforces network policies when a ConfigMap asks for it; with node groups an add-on does."""
    return isinstance(cluster, ClusterPlan) and cluster.auto and cluster.isolates
