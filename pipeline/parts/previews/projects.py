"""The two projects that the host calls for previews: one runs what a branch holds, the other one runs none of it."""

from dataclasses import replace
from datetime import timedelta

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from pipeline.config.previews.model import Previews
from pipeline.config.service import ConnectedSource, PullRequests, Service
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.build import extra_reports, read_tools, told
from pipeline.parts.hosted import HostedPlan, HostedProject, repository_url
from pipeline.parts.policies import allow
from pipeline.parts.previews.deployer import project_of
from pipeline.parts.previews.images import PreviewImages
from pipeline.parts.project import toolkit_buildspec
from pipeline.parts.pull_requests import changes, into
from pipeline.parts.registry import PUSH

ASKED = ({"COMMIT_MESSAGE": r"\[preview\]"}, {"HEAD_REF": "^refs/heads/preview/"})  # one of them
ENDED = "PULL_REQUEST_CLOSED, PULL_REQUEST_MERGED"
SHORT = timedelta(minutes=10)


def build_previews(
    scope: Construct,
    service: Service,
    asked: tuple[ConnectedSource, PullRequests, Previews],
    images: PreviewImages,
    tools: assets.Asset,
    deployer: lambda_.IFunction,
) -> None:
    """Whoever may push a branch may do what this project's role may: push to the previews' repositories, and have the
    very pull request deployed that the build is of."""
    source, pull_requests, wanted = asked
    each = changes(source, pull_requests)
    plan = HostedPlan(
        name=project_of(service.name),
        description=f"Builds and deploys previews of {service.name}",
        buildspec=toolkit_buildspec("preview.yaml", extra_reports(service)),
        variables={
            **told(scope, replace(service, sbom=False), service.images, images, tools, trusted=False),
            "SHIPLINE_PREVIEW": deployer.function_name,
            "SHIPLINE_REPOSITORY": repository_url(source),
        },
        statements=[
            read_tools(tools),
            allow(["ecr:GetAuthorizationToken"], "*"),
            allow(PUSH, *images.arns),
            allow(["lambda:InvokeFunction"], deployer.function_arn),
        ],
        filters=[each] if wanted.when == "always" else [{**each, **more} for more in ASKED],
        forks=False,
        timeout=service.build.timeout,
        compute=service.build.compute,
        images=True,
        arm=service.build.arm,
    )
    made = HostedProject(scope, "Build", source, plan)
    reason = "ecr:GetAuthorizationToken knows no resources; what its token may do, the other statements say."
    acknowledge(made.role, {"AwsSolutions-IAM5[Resource::*]": reason})


def close_previews(
    scope: Construct,
    service: Service,
    source: ConnectedSource,
    pull_requests: PullRequests,
    tools: assets.Asset,
    keeper: lambda_.IFunction,
) -> None:
    """It gives the number to the keeper, whoever's pull request it is: there may be nothing to delete."""
    plan = HostedPlan(
        name=f"{project_of(service.name)}-closed",
        description=f"Deletes previews of {service.name} whose pull request is closed",
        buildspec=toolkit_buildspec("preview-closed.yaml", []),
        variables={
            "SHIPLINE_SERVICE": service.name,
            "SHIPLINE_TOOLS": tools.s3_object_url,
            "SHIPLINE_PREVIEW": keeper.function_name,
        },
        statements=[read_tools(tools), allow(["lambda:InvokeFunction"], keeper.function_arn)],
        filters=[{"EVENT": ENDED, "BASE_REF": into(pull_requests)}],
        forks=True,
        timeout=SHORT,
        reports=False,
    )
    HostedProject(scope, "Closed", source, plan)
