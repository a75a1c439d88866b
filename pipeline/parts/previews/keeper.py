"""The function that makes and deletes the namespaces of previews, and is called every hour to sweep."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from pipeline.assets import TOOLKIT
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.previews.model import Previews, prefix
from pipeline.config.service import Service
from pipeline.parts.access import administer
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, fixed, rights, write_logs
from pipeline.parts.previews.images import PreviewImages
from pipeline.parts.shared import Shared

CODE = ["*", "!namespaces", "!namespaces/*.py", "!namespaces/previews", "!namespaces/previews/*.py"]


def group(service: str) -> str:
    """The Kubernetes group that may change what is in namespaces of previews: each is given to it when it is made."""
    return f"shipline:previews:{service}"


class Keeper(Construct):
    """`function` takes a number and nothing else. Kubernetes has no right to namespaces of some names only, so it
    may do everything in the cluster: its code is ours alone, and who calls it is named here and in `projects`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        service: Service,
        wanted: Previews,
        shared: Shared,
        images: PreviewImages,
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{service.name}-preview-namespaces"
        log = log_group(self, "Log", f"/aws/lambda/{name}")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(write_logs(log))
        role.add_to_policy(allow(["eks:DescribeCluster"], shared.cluster.arn))
        if images.arns:
            role.add_to_policy(allow(["ecr:BatchDeleteImage", "ecr:ListImages"], *images.arns))
        entry = administer(self, "Access", shared.cluster, role.role_arn)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Makes, deletes and sweeps the namespaces of previews of {service.name}",
            runtime=lambda_.Runtime.PYTHON_3_11,
            handler="namespaces.previews.handler.handle",
            code=lambda_.Code.from_asset(str(TOOLKIT / "lambdas"), exclude=CODE),
            role=fixed(role),
            timeout=Duration.minutes(2),
            memory_size=256,
            log_group=log,
            environment={"SHIPLINE_PREVIEWS": Stack.of(self).to_json_string(_told(service, wanted, images))},
        )
        self.function.node.add_dependency(entry, *rights(role))
        if shared.inside:
            shared.inside.place(self.function, role, name)
        acknowledge(self.function, {"AwsSolutions-L1": "Python 3.11 is the one that the function is tested with."})
        self._sweep(service.name)

    def _sweep(self, service: str) -> None:
        rule = events.CfnRule(
            self,
            "Hourly",
            name=f"{service}-previews-sweep",
            description=f"Deletes previews of {service} that have expired",
            schedule_expression="rate(1 hour)",
            targets=[
                events.CfnRule.TargetProperty(id="Keeper", arn=self.function.function_arn, input='{"sweep": true}')
            ],
        )
        lambda_.CfnPermission(
            self,
            "MayCall",
            action="lambda:InvokeFunction",
            function_name=self.function.function_name,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )


def _told(service: Service, wanted: Previews, images: PreviewImages) -> dict[str, object]:
    version = f"v{service.cluster.version}" if isinstance(service.cluster, ClusterPlan) else "latest"
    return {
        "cluster": service.cluster.name,
        "service": service.name,
        "prefix": prefix(service.name),
        "group": group(service.name),
        "expires": int(wanted.expires.total_seconds()),
        "podSecurity": {"level": wanted.rules.pod_security, "version": version},
        "quota": dict(wanted.rules.quota),
        "isolate": wanted.rules.isolate,
        "repositories": images.names(service.name),
    }
