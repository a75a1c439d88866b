"""The function that deploys previews: a deployer with rights to previews alone."""

from collections.abc import Mapping
from dataclasses import replace

from aws_cdk import Aws, Duration, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from pipeline.config.previews.model import Previews, prefix
from pipeline.config.service import Service, Target
from pipeline.config.target import shape
from pipeline.parts.access import join
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.deployer import RUNTIME, RUNTIME_REASON, read_charts
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, fixed, rights, write_logs
from pipeline.parts.previews.images import PreviewImages
from pipeline.parts.previews.keeper import Keeper, group
from pipeline.parts.shared import Shared

TIMEOUT = Duration.minutes(2)  # of one request; the build asks again until it is told the end


def project_of(service: str) -> str:
    """The project whose builds may be deployed."""
    return f"{service}-previews"


class PreviewDeployer(Construct):
    """`function` may change what is in namespaces that the keeper has made for previews, and nothing else in the
    cluster; it believes CodeBuild, and not who calls it, which pull request a build is of."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        service: Service,
        wanted: Previews,
        shared: Shared,
        images: PreviewImages,
        keeper: Keeper,
        secrets: Mapping[str, secretsmanager.Secret],
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{service.name}-preview"
        target = template(service, wanted)
        log = log_group(self, "Log", f"/aws/lambda/{name}")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        project = f"arn:{Aws.PARTITION}:codebuild:{Aws.REGION}:{Aws.ACCOUNT_ID}:project/{project_of(service.name)}"
        arns = {key: secret.secret_arn for key, secret in secrets.items()}
        statements = [
            write_logs(log),
            allow(["eks:DescribeCluster"], shared.cluster.arn),
            allow(["codebuild:BatchGetBuilds"], project),
            allow(["ecr:DescribeImages"], *images.arns),
            allow(["lambda:InvokeFunction"], keeper.function.function_arn),
            *([allow(["secretsmanager:GetSecretValue"], *arns.values())] if arns else []),
            *read_charts(target),
        ]
        for statement in statements:
            role.add_to_policy(statement)
        entry = join(self, "Access", shared.cluster, role, group(service.name))
        told = shape(_plain(service), target, Aws.REGION, "", images.uris, arns)
        # Manifests name the images as the environments know them.
        told["also"] = {f"{service.name}/{image.name}": image.name for image in service.images}
        to_json = Stack.of(self).to_json_string
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"Deploys previews of {service.name}",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.X86_64,
            handler="deployer.previews.handler.handle",
            code=shared.deployers.code,
            layers=[shared.deployers.tools],
            role=fixed(role),
            timeout=TIMEOUT,
            memory_size=service.deployer.memory,
            ephemeral_storage_size=Size.mebibytes(1024),
            log_group=log,
            environment={
                "SHIPLINE_TARGET": to_json(told),
                "SHIPLINE_PREVIEWS": to_json(
                    {"project": project_of(service.name), "keeper": keeper.function.function_name}
                ),
            },
        )
        self.function.node.add_dependency(entry, *rights(role))
        if shared.inside:
            shared.inside.place(self.function, role, name)
        if read_charts(target):
            acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken knows no resources."})
        acknowledge(self.function, {"AwsSolutions-L1": RUNTIME_REASON})


def _plain(service: Service) -> Service:
    """Without what a release has to carry or to pass, and without the marks of what environments run."""
    return replace(service, scan=None, watch=None, sbom=False, registry=replace(service.registry, keep=None))


def template(service: Service, wanted: Previews) -> Target:
    """The environment that previews are like, without what is its own; the number of the pull request follows."""
    like = next(target for target in service.environments if target.name == wanted.like)
    return replace(
        like,
        namespace=prefix(service.name),
        other_namespaces=(),
        soak=None,
        alarms=(),
        rollout=None,
        freeze=(),
        secrets=(),
    )
