"""The environments' namespaces, made by a small function with an access entry of its own."""

from collections.abc import Mapping, Sequence

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline.assets import TOOLKIT
from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster
from pipeline.config.gitops.plan import group_of
from pipeline.config.service import Service, Target
from pipeline.parts.access import administer
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.cluster import Cluster
from pipeline.parts.door import Door
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, fixed, rights, write_logs
from pipeline.parts.shared import ClusterName


class Namespaces(Construct):
    """One custom resource for all namespaces of the service; they stay when the stack goes. `made`: the cluster, where
    the same stack makes it; `door`: where the function has to go in; `classes`: the StorageClasses that it makes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        service: Service,
        made: Cluster | None,
        door: Door | None,
        classes: Sequence[Mapping[str, object]] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{service.name}-namespaces"
        version = f"v{service.cluster.version}" if isinstance(service.cluster, ClusterPlan) else "latest"
        named = ClusterName(service.cluster.name)
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
            description=f"Makes the namespaces of {service.name}",
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
        if isinstance(service.cluster, ClusterPlan) and service.cluster.private:
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
                "Service": service.name,
                "Namespaces": [_wanted(target, version) for target in service.environments],
                **({"Readers": readers} if (readers := _readers(service)) else {}),
                **({"NetworkPolicyController": "true"} if _switched_on(service.cluster) else {}),
                **({"StorageClasses": classes} if classes else {}),
            },
        )
        resource.node.add_dependency(entry, *(door.ways if door else ()))


def _readers(service: Service) -> list[dict[str, str]]:
    """The deployers that commit: each reads one object, which tells how its reconciler fares."""
    return [
        {
            "Group": group_of(service.name, target.name),
            "Environment": target.name,
            "Namespace": target.gitops.namespace,
            "ApiGroup": target.gitops.reads[0],
            "Resource": target.gitops.reads[1],
            "Object": target.gitops.application,
        }
        for target in service.environments
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
